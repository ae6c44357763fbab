"""Choosing cases; every case can be prepared and run with little work."""

import numpy as np
import pytest

from specrender.bench.case import Case
from specrender.bench.cases import all_cases, bvh, chosen, quality, renders
from specrender.bench.cases.shading import example_material
from specrender.bench.run import run_case
from specrender.errors import InputError


def named(*names):
    return [Case(name, "", None, None, on_request=name.startswith("slow")) for name in names]


CASES = named("bvh.build.soup", "bvh.closest.soup.coherent", "bsdf.diffuse.sample", "slow.thing", "bvhx.other")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], ["bvh.build.soup", "bvh.closest.soup.coherent", "bsdf.diffuse.sample", "bvhx.other"]),
        (["bvh"], ["bvh.build.soup", "bvh.closest.soup.coherent"]),
        (["bvh.build."], ["bvh.build.soup"]),
        (["slow"], ["slow.thing"]),
        (["*.sample", "slow.thing", "slow"], ["bsdf.diffuse.sample", "slow.thing"]),
        (["bvh.build.soup"], ["bvh.build.soup"]),
    ],
)
def test_names(names, found):
    assert [case.name for case in chosen(CASES, names)] == found


def test_unknown_name():
    with pytest.raises(InputError, match=r"did you mean 'bvh\.build'"):
        chosen(CASES, ["bvh.biuld"])
    with pytest.raises(InputError, match="--list"):
        chosen(CASES, ["q*"])


def test_names_are_unique(context):
    names = [case.name for case in all_cases(context)]
    assert len(names) == len(set(names))
    assert all(case.about for case in all_cases(context))


def test_every_bsdf_has_cases(context):
    from specrender.kernel.bsdf import KINDS

    names = {case.name for case in all_cases(context)}
    for kind in KINDS:
        assert {f"bsdf.{kind.name}.evaluate", f"bsdf.{kind.name}.sample"} <= names


def test_every_bsdf_has_an_example_that_can_be_rendered(tmp_path):
    """A new kind that needs more than numbers, spectra and materials wants an entry in EXAMPLES."""
    from specrender.scene import description as d
    from specrender.scene.compile import compile_scene
    from specrender.scene.compile.materials import PACKERS

    for struct in PACKERS:
        compile_scene(d.Scene(shapes=[d.Sphere(material=example_material(struct, tmp_path))]))


GROUPS = ("spectrum", "sampler", "bsdf", "texture", "light", "envmap")


@pytest.mark.parametrize("group", GROUPS)
def test_functions_can_be_measured(context, group):
    for case in chosen(all_cases(context), [group]):
        for contestant in case.prepare(context):
            sample = contestant.run(1)
            assert sample.amount > 0 and sample.wall > 0, case.name


def test_small_rays_can_be_measured(context):
    for case in chosen(all_cases(context), ["bvh.*sphere-1k*"]):
        outcome = run_case(case, context)
        assert outcome.values("specrender")[0] > 0
        if ".closest." in case.name or ".occluded." in case.name:
            assert 0.1 < outcome.samples["specrender"][0].details["hit_share"] < 1.0


def test_peers_agree_on_hits(context):
    pytest.importorskip("embreex")
    context.peers = True
    for case in chosen(all_cases(context), ["bvh.*sphere-1k*"]):
        outcome = run_case(case, context)
        assert [c.name for c in outcome.contestants] == ["specrender", "embree"], case.name
        ours, theirs = (outcome.samples[c.name][0].details.get("hit_share") for c in outcome.contestants)
        assert ours == pytest.approx(theirs, abs=1e-3)


def test_shadow_rays_start_off_the_surface(context):
    from specrender.bench.scenes.geometry import bumpy_sphere

    rays = bvh._rays(context, "ball", lambda: bumpy_sphere(500), "shadow")
    assert np.isfinite(rays[:, 8]).all() and (rays[:, 8] > 0.1).all()
    np.testing.assert_allclose(np.linalg.norm(rays[:, 4:7], axis=1), 1.0, rtol=1e-6)


def test_whole_renders_can_be_measured(context):
    for name in ("render.cbox", "render.cbox-rgb", "render.glass"):
        (case,) = chosen(all_cases(context), [name])
        outcome = run_case(case, context)
        sample = outcome.samples["specrender"][0]
        assert sample.amount == 32 * 24 * sample.details["spp"]
        assert min(sample.details["mean_rgb"]) > 0


def test_error_is_mean_square_against_the_reference(context):
    picture = np.zeros((2, 2, 3))
    assert quality.mean_squared_error(picture, picture + 0.5) == 0.25
    (case,) = chosen(all_cases(context), ["quality.cbox.box"])
    outcome = run_case(case, context)
    sample = outcome.samples["specrender"][0]
    assert outcome.values("specrender") == [sample.amount * sample.wall] and 0 < sample.amount < 1


def test_emitters_are_compared(context):
    (case,) = chosen(all_cases(context), ["quality.emitters"])
    outcome = run_case(case, context)
    assert [c.against for c in outcome.contestants] == [None, "specrender 10"]
    assert outcome.ratios(outcome.contestants[1])[0] > 0


def test_series_have_places_on_the_axis(context):
    context.threads = 2
    for case in chosen(all_cases(context), ["scale"]):
        contestants = case.prepare(context)
        x = [c.x for c in contestants]
        assert x == sorted(x) and len(x) >= 2, case.name
        assert {c.against for c in contestants} - {None} == {f"specrender {x[-1 if case.name in LAST else 0]}"}
        assert contestants[0].run(1).amount > 0


#: Series whose ratios are to the last of them.
LAST = ("scale.threads", "scale.size")


def test_public_scenes_appear_with_their_folder(context, tmp_path):
    assert "matpreview" not in renders.scenes(context)
    context.mitsuba_data = tmp_path
    assert {"matpreview", "cbox-spectral"} <= set(renders.scenes(context))
    assert "bvh.build.bunny" in {case.name for case in all_cases(context)}
