"""Spectral data and functions: emission, reflectance, refractive index, uplift from RGB.

Modules: `spectrum` (the functions of wavelength), `catalogue` (data by name), `refraction` (dispersion formulas),
`uplift` (RGB to spectrum), `files` (spectra from text files), `wavelengths` (grid and CMFs). Nothing is read before it
is asked for; `build_data` alone, which makes the shipped tables, needs colour-science.
"""
