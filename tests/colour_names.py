"""What colour-science calls our gamuts."""

COLOUR_NAMES = {
    "srgb": "sRGB",
    "rec709": "ITU-R BT.709",
    "rec601-525": "SMPTE C",
    "rec601-625": "ITU-R BT.470 - 625",
    "display-p3": "Display P3",
    "dci-p3": "DCI-P3",
    "rec2020": "ITU-R BT.2020",
    "adobe-rgb": "Adobe RGB (1998)",
    "prophoto": "ProPhoto RGB",
    "aces2065-1": "ACES2065-1",
    "acescg": "ACEScg",
}
