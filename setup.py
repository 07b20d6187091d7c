"""Builds the optional C kernel; everything else about the package stands in pyproject.toml.

The kernel is a plain shared object loaded with ctypes, not an extension module: it has no Python
API in it, so one wheel serves all Python versions of a platform. Without a compiler the build goes
on without it, and `curate` uses datasketch instead.
"""

from __future__ import annotations

import compileall
import sys

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

KERNEL = "curate._minhash"
FLAGS = ["/O2"] if sys.platform == "win32" else ["-std=c11", "-O3", "-fvisibility=hidden"]


class BuildKernel(build_ext):
    """Names the shared object without a Python version, and exports what the source exports."""

    def run(self) -> None:
        """Also compile Python's own files where they stay in place, as pip does where it copies them.

        Otherwise Python would do it at the first start, or at each one where it may not write.
        """
        super().run()
        if self.inplace or self.editable_mode:
            for folder in ("curate", "schemas", "train"):
                compileall.compile_dir(folder, quiet=2)

    def get_ext_filename(self, fullname: str) -> str:
        """The file for an extension's dotted name."""
        return fullname.replace(".", "/") + (".dll" if sys.platform == "win32" else ".so")

    def get_export_symbols(self, ext: Extension) -> list[str]:
        """No PyInit function: this is no extension module."""
        return list(ext.export_symbols or ())


class PlatformWheel(bdist_wheel):
    """A wheel for any Python 3 of this platform."""

    def get_tag(self) -> tuple[str, str, str]:
        """(python, abi, platform)."""
        return "py3", "none", super().get_tag()[2]


setup(
    ext_modules=[
        Extension(
            KERNEL,
            sources=[
                f"curate/{name}.c"
                for name in (
                    "_minhash",
                    "_extract",
                    "_clusters",
                    "_containment",
                    "_copies",
                    "_columns",
                    "_automaton",
                    "_screen",
                    "_candidates",
                    "_keys",
                    "_prose",
                    "_repeats",
                )
            ],
            depends=[
                "curate/_kernel.h",
                "curate/_json.h",
                "curate/_arrow.h",
                "curate/_strings.h",
                "curate/_automaton.h",
            ],
            extra_compile_args=FLAGS,
            optional=True,
        )
    ],
    cmdclass={"build_ext": BuildKernel, "bdist_wheel": PlatformWheel},
)
