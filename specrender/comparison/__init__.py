"""`specrender compare`: what RGB rendering gets wrong in a scene, where, how much, and whether it is signal or noise.

batches.py     both renders by batches with common random numbers
statistics.py  covariance of the difference, significance, noise-only pictures
metrics.py     colour differences and shifts               assess.py   findings for the picture and its parts
parts.py       materials and lights                        probes.py   spectra of single pixels
relight.py     other lamps, metamers                       causes.py   what can be known without rendering
images.py      two finished files                          run.py      the steps in a row
figures.py, files.py, report.py, report.html               what is written
"""

from specrender.comparison.images import ImageComparison, compare_images
from specrender.comparison.run import Comparison, compare

__all__ = ["Comparison", "ImageComparison", "compare", "compare_images"]
