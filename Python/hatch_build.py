"""Builds the Swift core: into the wheel as one shared library, into the sdist as its sources.

The library needs neither Swift nor BLAS nor GSL at run time.
"""
import os
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PRODUCT = "SufficeC"
# Libraries that every Linux has; all others are linked statically.
STATIC = ("gsl",)
# The folder of the Swift sources in an sdist.
SOURCES = "swift"


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
        package = next((p for p in (here / SOURCES, here.parent) if (p / "Package.swift").is_file()), None)
        if package is None:
            raise RuntimeError(
                "the Swift package is neither in this folder nor beside it: install from a checkout ('pip install "
                "./Python'), from an sdist, or from a wheel.")
        if self.target_name == "sdist":
            self.add_sources(here, package, build_data)
            return
        swift = shutil.which("swift")
        if swift is None:
            raise RuntimeError(
                "building suffice needs the Swift toolchain (swift 6.1 or newer on PATH); a built wheel does not.")
        scratch = pathlib.Path(os.environ.get("SUFFICE_BUILD_FOLDER", package / ".build")).resolve()
        library = self.build(here, package, scratch, swift)
        build_data["force_include"][str(library)] = f"suffice/{library.name}"
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{self.platform(library)}"

    def finalize(self, version, build_data, artifact_path):
        for folder in getattr(self, "temporary", []):
            folder.cleanup()

    # The wheel.

    def build(self, here, package, scratch, swift):
        links = scratch / "python" / "links"
        links.mkdir(parents=True, exist_ok=True)
        # The linker takes the first library of a name that it finds: static ones, and the wheel's own bit of BLAS.
        for name in STATIC:
            shutil.copyfile(find_static(name), links / f"lib{name}.a")
        compiler = os.environ.get("CC", "cc")
        run([compiler, "-O2", "-fPIC", "-c", here / "native" / "dgemm.c", "-o", links / "dgemm.o"], here)
        run(["ar", "rcs", links / "libopenblas.a", links / "dgemm.o"], here)
        header = (package / "Sources" / PRODUCT / "suffice.h").read_text()
        names = sorted(set(re.findall(r"\b(suffice_\w+)\(", header)))
        exports = links / "exports.map"
        exports.write_text("{ global: " + " ".join(f"{name};" for name in names) + " local: *; };\n")
        # What the command line was built of is not built again.
        run(
            [swift, "build", "--package-path", package, "--scratch-path", scratch, "-c", "release", "--product",
             PRODUCT],
            package)
        # SwiftPM looks for libraries in the system's folders first: link once more, with ours in front, and with
        # Swift's own inside.
        built = scratch / "release"
        library = links / f"lib{PRODUCT}.so"
        run(
            [pathlib.Path(swift).with_name("swiftc"), "-emit-library", "-static-stdlib", "-module-name", PRODUCT,
             "-o", library, f"@{built / f'{PRODUCT}.product' / 'Objects.LinkFileList'}", f"-L{links}", "-Xlinker",
             "--gc-sections", "-Xlinker", f"--version-script={exports}", "-Xlinker", "-s"],
            package)
        return library

    def platform(self, library):
        """The oldest manylinux platform that has the C library's symbols which the core uses."""
        versions = re.findall(rb"GLIBC_2\.(\d+)", library.read_bytes())
        newest = max([int(version) for version in versions] + [17])
        return f"manylinux_2_{newest}_{platform.machine()}"

    # The sdist.

    def add_sources(self, here, package, build_data):
        """The targets that the core links, with a manifest that names no other."""
        if package.parent == here:
            # An sdist of an sdist: the sources are in place.
            return
        manifest = (package / "Package.swift").read_text()
        targets = self.targets(manifest)
        wanted, open_ = set(), {PRODUCT}
        while open_:
            name = open_.pop()
            wanted.add(name)
            open_ |= {other for other in re.findall(r'"(\w+)"', targets[name]) if other in targets} - wanted
        head = manifest.splitlines()[0]
        lines = [targets[name] for name in targets if name in wanted]
        text = (
            f'{head}\nimport PackageDescription\n\nlet package = Package(\n  name: "Suffice",\n'
            f'  products: [.library(name: "{PRODUCT}", type: .dynamic, targets: ["{PRODUCT}"])],\n  targets: [\n    '
            + ",\n    ".join(lines) + "\n  ],\n  swiftLanguageModes: [.v6]\n)\n")
        folder = tempfile.TemporaryDirectory()
        self.temporary = [folder]
        path = pathlib.Path(folder.name) / "Package.swift"
        path.write_text(text)
        include = build_data["force_include"]
        include[str(path)] = f"{SOURCES}/Package.swift"
        for name in wanted:
            own = re.search(r'path: "([^"]+)"', targets[name])
            place = own.group(1) if own else f"Sources/{name}"
            include[str(package / place)] = f"{SOURCES}/{place}"

    def targets(self, manifest):
        """The declaration of each target in a manifest, by name."""
        found = {}
        for match in re.finditer(r"\.(?:target|systemLibrary|executableTarget|testTarget)\(", manifest):
            depth, end = 1, match.end()
            while depth:
                depth += {"(": 1, ")": -1}.get(manifest[end], 0)
                end += 1
            text = manifest[match.start() : end]
            found[re.search(r'name: "(\w+)"', text).group(1)] = text
        return found
