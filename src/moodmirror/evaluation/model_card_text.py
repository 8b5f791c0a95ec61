"""What the model card says of every model that this project makes: uses, data, how things are measured, limits."""

from __future__ import annotations

from typing import Final

INTRODUCTION: Final = """\
This page is written by `moodmirror model-card` from the JSON beside the model and from
[benchmarks/results](../benchmarks/results); nothing on it is edited by hand. Its sections follow Mitchell et al. 2019.
Intervals, in brackets, are 95 %.
"""

USE: Final = """\
## Intended use

One person, on their own machine, who asked to be read: to see which expression a mirror takes theirs for, to correct it,
and to be offered songs, films, food and things to do. Also to learn how such a reader works, and to measure others
against it. What it says is a guess about a picture. It names an expression, never what a person feels.

### Not for

- work, school, hiring, insurance, policing, borders, courts, or reading people who do not know or cannot refuse; the
  European Union forbids inferring emotions at work and in education;
- health: it finds, measures and treats nothing;
- lies, intent, character, age, gender, ethnicity or identity: it cannot tell them;
- deciding anything about anyone, or comparing people or groups with each other;
- children, on whom nobody has measured it.
"""

DATA: Final = """\
FER2013 (Goodfellow et al. 2013) holds 48x48 grey faces that a search of the web for words of emotion found, each with one
label. FER+ (Barsoum et al. 2016) adds the votes of ten raters. The people in the pictures were not asked: the data set has
no record of consent. No picture is part of this repository or of the package.
"""

METRICS: Final = """\
## What is measured, and how

- **Label head:** accuracy, macro-F1 (the mean over classes), NLL (nats) and ECE (15 equal bins) of the head for FER2013's
  original labels, against those labels.
- **FER+:** accuracy of the head for the raters' votes among eight emotions. A row counts where one of the eight has more
  than half of the votes that are left once those of single raters are dropped.
- **What people see:** one distribution over the seven, pooled from both heads, against the shares of the raters, contempt
  left out. Accuracy: its first is what most raters named, ties counting as right. NLL: the mean of -sum(share * log p).
  ECE: the greatest probability against the share of raters who named that expression.
- **Cross-fitted:** temperature and pool come from other pictures than those that are measured.
- One pass a picture, no averaging of views. Intervals of shares are Wilson's, the others come from a bootstrap; that
  of ECE leans upward, since resampling only adds to gaps. They are over pictures, for this one trained network: what
  another seed would change is not in them.
"""

FRAMING: Final = """\
## From a camera's picture to the face

A face that no detector finds is not read at all: misses are part of what people meet. The frame in which the reader takes
a face is fitted to what the detectors give.
"""

REST: Final = """\
## A person's resting face

A face at rest is not neutral to a reader that was trained on others. A short capture can shift one person's answers.
"""

AFFECT: Final = """\
## Valence and arousal

They are the mean place of the seven words (Russell & Mehrabian 1977), weighted by a distribution. No head was trained for
them.
"""

ETHICS: Final = """\
## Ethics and limits

- **Expressions are not feelings.** A face is a weak sign of what someone feels, and people differ by culture, person and
  moment ([Barrett et al. 2019](https://doi.org/10.1177/1529100619832930)). A person's own word wins.
- **Groups.** Readers of this kind have been found to take some people for angrier than others
  ([Rhue 2018](https://doi.org/10.2139/ssrn.3281765)). Assume that this one differs by group too.
- **Labels.** One label a picture, much of it noise; its raters share a time and a task. Disgust and fear are few.
- **Posed and spontaneous.** Pictures from the web are often posed. Everyday faces are milder.
- **Words.** Seven English words are not all that faces show: contempt, boredom or concentration have no place here.
- **Being watched.** Everyone in view should know that a mirror is on.

### What nobody has measured

- Age, gender, skin tone, culture: FER2013 has no such labels. Whether the reader is fair to groups is unknown.
- Glasses, beards, scarves, masks, make-up: not labelled either.
- A second labelled data set: every accuracy here is on one, of pictures from the web of the early 2010s.
- Spontaneous expressions of people at home, in front of the cameras that this is made for.
"""
