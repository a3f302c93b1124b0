"""Builds the Swift core into the wheel: one shared library that needs neither Swift nor BLAS nor GSL at run time."""
import os
import pathlib
import platform
import re
import shutil
import subprocess

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Libraries that every Linux has; all others are linked statically.
STATIC = ("gsl",)


def run(command, directory):
    result = subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"'{' '.join(map(str, command))}' failed:\n{result.stdout[-4000:]}")
    return result.stdout


def find_static(name):
    """The static library of a name, where the linker would look."""
    found = run([os.environ.get("CC", "cc"), f"-print-file-name=lib{name}.a"], ".").strip()
    if not os.path.isabs(found):
        raise RuntimeError(f"lib{name}.a was not found; on Debian, install lib{name}-dev.")
    return found


class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        here = pathlib.Path(self.root)
        package = here.parent
        if not (package / "Package.swift").is_file():
            raise RuntimeError(
                "the Swift package is not beside this folder: install from a checkout ('pip install ./Python'), or "
                "from a wheel.")
        swift = shutil.which("swift")
        if swift is None:
            raise RuntimeError(
                "building suffice needs the Swift toolchain (swift 6.1 or newer on PATH); a built wheel does not.")
        scratch = pathlib.Path(os.environ.get("SUFFICE_BUILD_FOLDER", package / ".build" / "python")).resolve()
        library = self.build(here, package, scratch, swift)
        build_data["force_include"][str(library)] = f"suffice/{library.name}"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{self.platform(library)}"

    def build(self, here, package, scratch, swift):
        links = scratch / "links"
        links.mkdir(parents=True, exist_ok=True)
        # The linker takes the first library of a name that it finds: static ones, and the wheel's own bit of BLAS.
        for name in STATIC:
            shutil.copyfile(find_static(name), links / f"lib{name}.a")
        compiler = os.environ.get("CC", "cc")
        run([compiler, "-O2", "-fPIC", "-c", here / "native" / "dgemm.c", "-o", links / "dgemm.o"], here)
        run(["ar", "rcs", links / "libopenblas.a", links / "dgemm.o"], here)
        header = (package / "Sources" / "SufficeC" / "suffice.h").read_text()
        names = sorted(set(re.findall(r"\b(suffice_\w+)\(", header)))
        exports = links / "exports.map"
        exports.write_text("{ global: " + " ".join(f"{name};" for name in names) + " local: *; };\n")
        run(
            [swift, "build", "--package-path", package, "--scratch-path", scratch, "-c", "release", "--product",
             "SufficeC", "-Xswiftc", "-static-stdlib"],
            package)
        # SwiftPM looks for libraries in the system's folders first: link once more, with ours in front.
        built = scratch / "release"
        library = links / "libSufficeC.so"
        run(
            [pathlib.Path(swift).with_name("swiftc"), "-emit-library", "-static-stdlib", "-module-name", "SufficeC",
             "-o", library, f"@{built / 'SufficeC.product' / 'Objects.LinkFileList'}", f"-L{links}", "-Xlinker",
             "--gc-sections", "-Xlinker", f"--version-script={exports}", "-Xlinker", "-s"],
            package)
        return library

    def platform(self, library):
        """The oldest manylinux platform that has the C library's symbols which the core uses."""
        versions = re.findall(rb"GLIBC_2\.(\d+)", library.read_bytes())
        newest = max([int(version) for version in versions] + [17])
        return f"manylinux_2_{newest}_{platform.machine()}"
