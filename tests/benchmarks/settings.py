"""The product's settings with one more page: the floor."""

from luohu.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.urls"
