"""Film: what the kernel fills and the output stage reads; the one data type between the two.

Everything is a sum over the samples of a pixel, so that parts of an image (sample ranges, machines) are merged by
addition.  Float64 sums depend on the order of additions in their last bits; so the sums of XYZ and of its square keep
what each addition lost in a second number (`xyz_rest`).  The pairs hold 77 bits: sums of the same samples in different
orders differ by about 2^-65, which changes a float32 of the output with a probability of about 2^-40 per value.

With N samples of filter weight w and value X in a pixel, the estimate is the self-normalised mean sum(w X) / sum(w).
Weights may be negative (filters with negative lobes): `weight` is a signed sum, which is why N is kept apart from it.
"""

import operator
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

import numpy as np

from specrender.errors import InputError, SpecrenderError
from specrender.film.aovs import AOVS
from specrender.film.convergence import Convergence
from specrender.film.identity import Identity

#: Rows that are worked on at a time where temporary arrays would be as large as the film.
_BAND = 256


@dataclass(eq=False)
class Film:
    """Sums of weighted samples over the data window of an image.

    Use `Film.create`; the constructor takes arrays as they are.  All arrays are float64 unless said otherwise,
    C-contiguous, top row first, and cover the data window only: h = y1 - y0 rows, w = x1 - x0 columns.

    Parameters
    ----------
    width, height : int, the full image (display window) [pixels].
    crop : (x0, y0, x1, y1), the data window inside it; origin top left, x1 and y1 exclusive.
    xyz : (h, w, 3), sum of weight * XYZ; a radiance of 1 W m^-2 sr^-1 nm^-1 at all wavelengths has Y = 1.
    xyz_rest : (h, w, 3) float32, what rounding took from `xyz`; the sum is xyz + xyz_rest.
    xyz_squared : (h, w, 3), sum of (weight * XYZ)^2, component by component.
    xyz_squared_rest : (h, w, 3) float32, the same for `xyz_squared`.
    weight : (h, w), sum of filter weights [1].
    alpha : (h, w), sum of weight * coverage [1].
    bins : (h, w, n) or None, sum of weight * radiance averaged over each bin [W m^-2 sr^-1 nm^-1].
    bin_edges_nm : (n + 1,) or None, edges of the bins, increasing [nm].
    radiance : (h, w) or None, sum of weight * integral of the radiance over wavelength [W m^-2 sr^-1].
    layers : (h, w, channels of all AOVs) float32, sums of weight * value, or ids themselves (see `film.aovs`).
    aov_layout : [(name, channels), ...] in the order in which the kernel sees them.
    first_sample : int, index of the first sample; above 0 in parts that hold a later range of samples.
    sample_count : int, samples taken in every pixel so far: the indices first_sample, first_sample + 1, ...
    extra_samples : (h, w) or None, samples a pixel has beyond those: of adaptive sampling or an interrupted pass.  Of
        the smallest unsigned type that holds them.
    convergence : what a render towards a noise target knows of the past, or None (see `film.noise`).
    denoised : (h, w, 3) or None, a denoised image in XYZ, which `mean_xyz` then returns (see `denoise`).
    identity : of the render that the samples belong to.
    metadata : name -> str, int or float, copied into files: software, version, spp, seed, scene, mode, units, ...
    """

    width: int
    height: int
    crop: tuple[int, int, int, int]
    xyz: np.ndarray
    xyz_rest: np.ndarray
    xyz_squared: np.ndarray
    xyz_squared_rest: np.ndarray
    weight: np.ndarray
    alpha: np.ndarray
    bins: np.ndarray | None = None
    bin_edges_nm: np.ndarray | None = None
    radiance: np.ndarray | None = None
    layers: np.ndarray | None = None
    aov_layout: list[tuple[str, int]] = field(default_factory=list)
    first_sample: int = 0
    sample_count: int = 0
    extra_samples: np.ndarray | None = None
    convergence: Convergence | None = None
    denoised: np.ndarray | None = None
    identity: Identity = field(default_factory=Identity)
    metadata: dict[str, object] = field(default_factory=dict)

    @classmethod
    def create(
        cls,
        width: int,
        height: int,
        crop: tuple[int, int, int, int] | None = None,
        *,
        bin_edges_nm: np.ndarray | None = None,
        aov_layout: Iterable[tuple[str, int]] = (),
        metadata: dict[str, object] | None = None,
    ) -> "Film":
        """An empty film.

        Parameters
        ----------
        width, height : int > 0, size of the full image [pixels].
        crop : (x0, y0, x1, y1) within it, exclusive ends; None is the whole image.
        bin_edges_nm : (n + 1,) increasing [nm]; turns the spectral film on.
        aov_layout : (name, channels) pairs, see `film.aovs.aov_layout`.
        metadata : copied.

        Raises
        ------
        InputError : a size below 1, a crop outside the image or empty, bin edges that do not increase.
        SpecrenderError : there is not enough memory.
        """
        crop = checked_crop(width, height, crop)
        edges = None if bin_edges_nm is None else _checked_edges(bin_edges_nm)
        layout = _checked_layout(aov_layout)
        h, w = crop[3] - crop[1], crop[2] - crop[0]
        try:
            return cls(
                width=int(width),
                height=int(height),
                crop=crop,
                xyz=np.zeros((h, w, 3)),
                xyz_rest=np.zeros((h, w, 3), np.float32),
                xyz_squared=np.zeros((h, w, 3)),
                xyz_squared_rest=np.zeros((h, w, 3), np.float32),
                weight=np.zeros((h, w)),
                alpha=np.zeros((h, w)),
                bins=None if edges is None else np.zeros((h, w, len(edges) - 1)),
                bin_edges_nm=edges,
                radiance=None if edges is None else np.zeros((h, w)),
                layers=_empty_layers(h, w, layout),
                aov_layout=layout,
                metadata=dict(metadata or {}),
            )
        except (MemoryError, ValueError):  # numpy reports sizes beyond the address space as ValueError
            raise SpecrenderError(f"not enough memory for a film of {w} x {h} pixels") from None

    @property
    def shape(self) -> tuple[int, int]:
        """(h, w) of the data window [pixels]."""
        return self.weight.shape

    @property
    def aovs(self) -> dict[str, np.ndarray]:
        """Name -> (h, w, channels) float32 view of `layers`."""
        views, channel = {}, 0
        for name, n in self.aov_layout:
            views[name] = self.layers[:, :, channel : channel + n]
            channel += n
        return views

    @property
    def pixel_count(self) -> int:
        """Pixels of the data window."""
        return self.weight.size

    @property
    def next_sample(self) -> int:
        """Index of the first sample that some pixel lacks."""
        return self.first_sample + self.sample_count

    def total_samples(self) -> int:
        """Samples of all pixels together."""
        extra = 0 if self.extra_samples is None else int(self.extra_samples.sum(dtype=np.int64))
        return self.pixel_count * self.sample_count + extra

    def set_counts(self, counts: np.ndarray) -> None:
        """Note how many samples each pixel has, (h, w) integers."""
        least, most = int(counts.min()), int(counts.max())
        self.sample_count = least
        self.extra_samples = None
        if most > least:
            # bytes where they do: large films leave little room for arrays of their size
            self.extra_samples = np.empty(counts.shape, np.min_scalar_type(most - least))
            np.subtract(counts, least, out=self.extra_samples, casting="unsafe")

    def rows(self, first: int, last: int) -> "Film":
        """The rows first <= y < last of the data window as a film of their own that shares its arrays."""
        x0, y0, x1, _ = self.crop
        parts = {
            f.name: getattr(self, f.name)[first:last]
            for f in fields(self)
            if isinstance(getattr(self, f.name), np.ndarray) and f.name != "bin_edges_nm"
        }
        return replace(self, crop=(x0, y0 + first, x1, y0 + last), convergence=None, **parts)

    def samples(self) -> int | np.ndarray:
        """Samples in each pixel: one number, or (h, w, 1) int64 if they are uneven."""
        if self.extra_samples is None:
            return self.sample_count
        return self.sample_count + self.extra_samples.astype(np.int64)[..., None]

    def counts(self) -> np.ndarray:
        """(h, w) int64 samples in each pixel; a view of one number if they are even."""
        samples = self.samples()
        return samples[..., 0] if isinstance(samples, np.ndarray) else np.broadcast_to(np.int64(samples), self.shape)

    def mean_xyz(self) -> np.ndarray:
        """(h, w, 3) float64 CIE XYZ, the denoised ones if there are; 0 where no weight has fallen."""
        return self.noisy_xyz() if self.denoised is None else self.denoised

    def noisy_xyz(self) -> np.ndarray:
        """(h, w, 3) float64 CIE XYZ of the samples; 0 where no weight has fallen."""
        return self._normalised(self.xyz + self.xyz_rest)

    def mean_alpha(self) -> np.ndarray:
        """(h, w) float64 coverage [1], within [0, 1].

        What the sums hold can be a little outside: where the filter has negative lobes, and along outlines of lamps,
        where several rays take the place of one.
        """
        return np.clip(self._normalised(self.alpha), 0.0, 1.0)

    def second_moment(self) -> np.ndarray:
        """(h, w, 3) float64 estimate of E[(w XYZ)^2] / E[w]^2: the raw second moment of one sample, N S2 / W^2."""
        weight_squared = np.square(self.weight)[..., None]
        return _divided((self.xyz_squared + self.xyz_squared_rest) * self.samples(), weight_squared)

    def variance_of_mean(self) -> np.ndarray:
        """(h, w, 3) float64 variance of `mean_xyz`, component by component.

        The unbiased sample variance of w XYZ, divided by N and by the squared mean weight (the weights of filter
        importance sampling are constant in magnitude, so their own variance is neglected).  With fewer than two samples
        nothing is known: infinity, which tests and inverse-variance weights treat rightly.
        """
        n = np.asarray(self.samples(), np.float64)
        known = np.broadcast_to(n >= 2, self.xyz.shape)
        n = np.maximum(n, 2.0)
        weight_squared = np.square(self.weight)[..., None]
        # Rounding can make the difference of a constant pixel slightly negative.
        squares = self.xyz_squared + self.xyz_squared_rest
        scatter = np.maximum(squares - np.square(self.xyz + self.xyz_rest) / n, 0.0)
        return np.where(known, _divided(scatter * (n / (n - 1)), weight_squared), np.inf)

    def spectral_radiance(self) -> np.ndarray:
        """(h, w, n) float64 mean radiance of each bin [W m^-2 sr^-1 nm^-1]; InputError without a spectral film."""
        return self._normalised(self._required(self.bins))

    def mean_radiance(self) -> np.ndarray:
        """(h, w) float64 radiance integrated over wavelength [W m^-2 sr^-1]; InputError without a spectral film."""
        return self._normalised(self._required(self.radiance))

    def mean_aov(self, name: str) -> np.ndarray:
        """(h, w, channels) float64: the weighted mean of an AOV, or the ids themselves; InputError if not recorded."""
        if name not in self.aovs:
            raise InputError(f"the film has no AOV '{name}'; it has: {', '.join(self.aovs) or 'none'}")
        values = self.aovs[name].astype(np.float64)
        return values if _is_id(name) else self._normalised(values)

    def add(self, other: "Film") -> None:
        """Add the sums of another part of the same image (other samples of the same pixels) to this film.

        Ids stay those of this film unless it has no samples yet.  Metadata stays that of this film.  For parts with
        checks on which samples they hold, see `film.merge`.

        Raises
        ------
        InputError : the films differ in size, crop, bins or AOVs.
        """
        self.check_same_layout(other)
        self.add_sums(other, self.sample_count == 0)
        if other.extra_samples is None:
            self.sample_count += other.sample_count
        else:
            self.set_counts(self.counts() + other.counts())

    def add_sums(self, other: "Film", with_ids: bool) -> None:
        """Add the sums, but no counts, of a film whose data window is this one's or lies within it; take its ids?"""
        x, y = other.crop[0] - self.crop[0], other.crop[1] - self.crop[1]
        for top in range(0, other.shape[0], _BAND):
            theirs = slice(top, min(top + _BAND, other.shape[0]))
            mine = (slice(y + theirs.start, y + theirs.stop), slice(x, x + other.shape[1]))
            for name in ("xyz", "xyz_squared"):
                rests = (getattr(film, f"{name}_rest") for film in (self, other))
                _add_pairs(getattr(self, name), getattr(other, name), *rests, mine, theirs)
            for name in ("weight", "alpha", "bins", "radiance"):
                if getattr(self, name) is not None:
                    getattr(self, name)[mine] += getattr(other, name)[theirs]
            for name, values in self.aovs.items():
                if not _is_id(name):
                    values[mine] += other.aovs[name][theirs]
                elif with_ids:
                    values[mine] = other.aovs[name][theirs]

    def check_same_layout(self, other: "Film") -> None:
        """InputError if the two have not the same size, crop, bins and AOVs."""
        mine, theirs = (self.width, self.height), (other.width, other.height)
        if mine != theirs:
            raise InputError(f"films of different size do not add: {mine[0]}x{mine[1]} and {theirs[0]}x{theirs[1]}")
        if self.crop != other.crop:
            raise InputError(f"films of different crop do not add: {self.crop} and {other.crop}")
        if (self.bins is None) != (other.bins is None) or not (
            self.bins is None or np.array_equal(self.bin_edges_nm, other.bin_edges_nm)
        ):
            raise InputError("films with different spectral bins do not add")
        if dict(self.aov_layout) != dict(other.aov_layout):
            raise InputError(f"films with different AOVs do not add: {list(self.aovs)} and {list(other.aovs)}")

    def _normalised(self, sums: np.ndarray) -> np.ndarray:
        return _divided(sums, self.weight[..., None] if sums.ndim == 3 else self.weight)

    def _required(self, sums: np.ndarray | None) -> np.ndarray:
        if sums is None:
            raise InputError("the film has no spectral bins; render with a spectral film (or to *.spectral.exr)")
        return sums


def checked_crop(width: int, height: int, crop: tuple[int, int, int, int] | None = None) -> tuple[int, int, int, int]:
    """The data window of an image of that size, (x0, y0, x1, y1); InputError when it is empty or reaches outside."""
    if width < 1 or height < 1:
        raise InputError(f"an image needs at least one pixel each way, got {width}x{height}")
    if crop is None:
        return (0, 0, int(width), int(height))
    if len(crop) != 4:
        raise InputError(f"a crop is X0,Y0,X1,Y1, got {len(crop)} numbers")
    try:
        x0, y0, x1, y1 = map(operator.index, crop)
    except TypeError:
        raise InputError(f"a crop is four whole numbers, X0,Y0,X1,Y1, got {','.join(map(str, crop))}") from None
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise InputError(
            f"crop {x0},{y0},{x1},{y1} must lie within 0,0,{width},{height} with X0 < X1 and Y0 < Y1 (ends exclusive)"
        )
    return (x0, y0, x1, y1)


def _checked_edges(bin_edges_nm: np.ndarray) -> np.ndarray:
    edges = np.array(bin_edges_nm, dtype=np.float64)
    if edges.ndim != 1 or len(edges) < 2:
        raise InputError("a spectral film needs at least two bin edges, in nm")
    if not np.all(np.isfinite(edges)) or edges[0] <= 0 or np.any(np.diff(edges) <= 0):
        raise InputError("the bin edges of a spectral film must be positive and increase, in nm")
    return edges


def _checked_layout(aov_layout: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    layout = [(str(name), int(channels)) for name, channels in aov_layout]
    if len({name for name, _ in layout}) != len(layout):
        raise InputError(f"an AOV is listed twice: {', '.join(name for name, _ in layout)}")
    for name, channels in layout:
        if name in AOVS and channels != AOVS[name].channels:
            raise InputError(f"AOV '{name}' has {AOVS[name].channels} channels, not {channels}")
        if channels < 1:
            raise InputError(f"AOV '{name}' needs at least one channel")
    return layout


def _empty_layers(h: int, w: int, layout: list[tuple[str, int]]) -> np.ndarray | None:
    if not layout:
        return None
    layers = np.zeros((h, w, sum(n for _, n in layout)), np.float32)
    channel = 0
    for name, n in layout:
        if _is_id(name):
            layers[:, :, channel] = -1.0
        channel += n
    return layers


def _add_pairs(total, other, rest, other_rest, mine, theirs) -> None:
    """Add sums with rests to others, in place, keeping what is lost.  Source: [Knuth1997] section 4.2.2, theorem B."""
    old, value = total[mine], other[theirs]
    new = old + value
    share = new - old
    lost = (old - (new - share)) + (value - share)
    rest[mine] = rest[mine].astype(np.float64) + other_rest[theirs] + lost
    total[mine] = new


def _is_id(name: str) -> bool:
    return name in AOVS and AOVS[name].kind == "id"


def _divided(sums: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """sums / weights, and 0 where the weight is 0."""
    return np.divide(sums, weights, out=np.zeros_like(sums), where=weights != 0)
