"""Scenes that are right, for `fuzzing` to damage: between them they use most of the vocabulary."""

XML_SCENES = (
    """<scene version="3.0.0"><default name="n" value="3"/>
<integrator type="path"><integer name="max_depth" value="$n"/></integrator>
<sensor type="thinlens" id="c"><float name="fov" value="40"/><float name="aperture_radius" value="0.1"/>
<transform name="to_world"><lookat origin="0,1,4" target="0,0,0" up="0,1,0"/></transform>
<film type="hdrfilm"><integer name="width" value="4"/><integer name="height" value="2"/>
<rfilter type="gaussian"/></film>
<sampler type="independent"><integer name="sample_count" value="2"/></sampler></sensor>
<texture type="bitmap" id="t"><string name="filename" value="t.png"/><string name="wrap_mode" value="mirror"/>
<transform name="to_uv"><scale x="2" y="3"/></transform></texture>
<bsdf type="diffuse" id="a"><ref id="t" name="reflectance"/></bsdf>
<bsdf type="twosided" id="b"><bsdf type="roughconductor"><string name="material" value="Au"/>
<float name="alpha" value="0.2"/></bsdf></bsdf>
<shape type="sphere"><point name="center" x="0" y="1" z="0"/><float name="radius" value="0.5"/><ref id="b"/></shape>
<shape type="ply"><string name="filename" value="m.ply"/><ref id="a"/></shape>
<shape type="rectangle"><transform name="to_world"><rotate x="1" angle="-90"/><scale value="5"/></transform>
<bsdf type="mask"><float name="opacity" value="0.5"/><bsdf type="plastic"/></bsdf></shape>
<shape type="disk"><emitter type="area"><rgb name="radiance" value="1,2,3"/></emitter></shape>
<emitter type="envmap"><string name="filename" value="t.png"/></emitter></scene>""",
    """<scene version="3.0.0"><integrator type="aov"><string name="aovs" value="a:albedo,d:depth,i:shape_index"/>
<integrator type="direct"><integer name="emitter_samples" value="2"/></integrator></integrator>
<sensor type="perspective"><string name="focal_length" value="35mm"/><film type="specfilm">
<integer name="width" value="4"/><integer name="height" value="2"/><spectrum name="x" value="400:0,500:1,600:0"/></film>
</sensor><sensor type="orthographic" id="o"/>
<bsdf type="roughdielectric" id="g"><string name="int_ior" value="bk7"/><float name="alpha_u" value="0.1"/>
<float name="alpha_v" value="0.3"/></bsdf>
<texture type="checkerboard" id="k"><rgb name="color0" value="0.1"/><spectrum name="color1" value="0.7"/></texture>
<shape type="cube"><ref id="g"/><boolean name="flip_normals" value="true"/></shape>
<shape type="cylinder"><point name="p1" value="0,0,2"/>
<bsdf type="roughplastic"><ref id="k" name="diffuse_reflectance"/></bsdf></shape>
<shape type="obj"><string name="filename" value="m.obj"/><bsdf type="null"/></shape>
<emitter type="spot"><spectrum name="intensity" type="blackbody"><float name="temperature" value="4000"/></spectrum>
<transform name="to_world"><translate z="-4"/></transform></emitter>
<emitter type="point"><point name="position" value="0,3,0"/></emitter>
<emitter type="directional"><vector name="direction" value="0,-1,0"/></emitter>
<emitter type="constant"><rgb name="radiance" value="0.2"/></emitter></scene>""",
)

TOML_SCENES = (
    """
[integrator]
type = "path"
max_depth = 4
[camera]
type = "perspective"
fov = 40
to_world = { look_at = { origin = [0, 1, 4], target = [0, 0.5, 0], up = [0, 1, 0] } }
[film]
width = 4
height = 2
spectral_bins = { count = 5, lambda_min = 400, lambda_max = 700 }
rfilter = { type = "mitchell" }
[defaults]
albedo = 0.5
[spectra]
warm = { blackbody = 2700 }
paint = { wavelengths = [400, 500, 700], values = [0.1, 0.5, 0.3] }
[textures.t]
type = "bitmap"
filename = "t.png"
[textures.n]
type = "marble"
color0 = 0.1
color1 = { texture = "t" }
[textures.s]
type = "spectral_bitmap"
filename = "s.exr"
[materials.glass]
type = "dielectric"
int_ior = { cauchy = [1.5, 0.01] }
[materials.gold]
type = "roughconductor"
material = "Au"
alpha = { texture = "n" }
[[shapes]]
type = "rectangle"
to_world = [{ rotate = [1, 0, 0], angle = -90 }, { scale = 5 }]
material = { type = "diffuse", reflectance = "$albedo" }
[[shapes]]
type = "sphere"
center = [0, 0.5, 0]
radius = 0.5
material = "glass"
[[shapes]]
type = "mesh"
vertices = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
faces = [[0, 1, 2]]
material = { type = "twosided", material = { type = "diffuse", reflectance = { texture = "s" } }, back = "gold" }
emitter = { radiance = "warm", exposure = 2 }
[[lights]]
type = "constant"
radiance = "paint"
""",
    """
camera = { type = "batch", cameras = [{ type = "orthographic" }, { type = "equirectangular" }] }
[film]
type = "specfilm"
width = 4
height = 2
responses = { red = { wavelengths = [600, 700], values = [1, 1] }, flat = 1.0 }
[integrator]
type = "moment"
integrator = { type = "aov", aovs = ["uv", "sh_normal"], integrator = { type = "direct", shading_samples = 2 } }
[textures.c]
type = "checkerboard"
color0 = "ColorChecker/red"
color1 = { rgb = [0.1, 0.2, 0.9], space = "rec2020" }
to_uv = { scale = 4 }
[cameras.side]
type = "thinlens"
aperture_radius = 0.1
film = { width = 3, height = 2 }
[[shapes]]
type = "ply"
filename = "m.ply"
material = { type = "plastic", diffuse_reflectance = { texture = "c" }, int_ior = "water" }
[[shapes]]
type = "cylinder"
p1 = [0, 2, 0]
radius = 0.2
name = "post"
material = { type = "mask", material = { type = "thindielectric" }, opacity = 0.3 }
[[lights]]
type = "spot"
color = "FL11"
cutoff_angle = 30
to_world = { look_at = { origin = [0, 3, 0], target = [0, 0, 0], up = [1, 0, 0] } }
[[lights]]
type = "envmap"
filename = "t.png"
""",
)
