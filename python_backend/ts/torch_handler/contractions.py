"""English contractions and what the text handlers expand them to.

Vocabularies of existing models were built with this table and the way it is applied, so entries that look wrong
(``he'll've``, ``that's`` without ``that're``) stay as they are.
"""

from __future__ import annotations

# suffix -> (expansion, stems): "he" + "'s" becomes "he" + " is".
_REGULAR = {
    "n't": (
        " not",
        "are could did does do had has have is may might must need ought should was were would",
    ),
    "n't've": (" not have", "could had might must need ought should would"),
    "'ve": (" have", "could I i might must should so they to we what when where who why will would you"),
    "'d": (" would", "he I i it she that there they we you"),
    "'d've": (" would have", "he I i it she that there they we you"),
    "'ll": (" will", "he how I i it she they we what who you"),
    "'ll've": (" will have", "I i it she they we what who you"),
    "'s": (" is", "he how it she that there what when where who why"),
    "'m": (" am", "I i"),
    "'re": (" are", "they we what you"),
}

_IRREGULAR = {
    "ain't": "is not",
    "can't": "cannot",
    "can't've": "cannot have",
    "'cause": "because",
    "he'll've": "he he will have",
    "how'd": "how did",
    "how'd'y": "how do you",
    "let's": "let us",
    "ma'am": "madam",
    "o'clock": "of the clock",
    "shan't": "shall not",
    "sha'n't": "shall not",
    "shan't've": "shall not have",
    "so's": "so as",
    "where'd": "where did",
    "won't": "will not",
    "won't've": "will not have",
    "y'all": "you all",
    "y'all'd": "you all would",
    "y'all'd've": "you all would have",
    "y'all're": "you all are",
    "y'all've": "you all have",
}

#: Sorted, so that an entry comes before those that it begins.
CONTRACTION_MAP: dict[str, str] = dict(
    sorted(
        {
            **{
                stem + suffix: stem + expansion
                for suffix, (expansion, stems) in _REGULAR.items()
                for stem in stems.split()
            },
            **_IRREGULAR,
        }.items()
    )
)
