"""The scenes of the benchmarks, made by code as Mitsuba XML that specrender reads as well."""
