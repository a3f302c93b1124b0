// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Suffice",
  products: [
    .library(name: "Suffice", targets: ["Suffice"]),
    .library(name: "SufficeTesting", targets: ["SufficeTesting"]),
    .library(name: "SufficeModels", targets: ["Models"]),
    // A model file is compiled against this archive and becomes a command line of its own.
    .library(name: "SufficeCommands", type: .static, targets: ["SufficeCommands"]),
    // What the Python package loads; see Python/README.md.
    .library(name: "SufficeC", type: .dynamic, targets: ["SufficeC"]),
    .executable(name: "suffice", targets: ["SufficeTool"]),
    .executable(name: "suffice-bench", targets: ["SufficeBench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // MARK: From a distribution to a model

    .target(name: "SpecialFunctions", dependencies: ["CGSL"]),
    .target(name: "ExponentialFamilies", dependencies: ["SpecialFunctions"]),
    .target(name: "ModelLanguage", dependencies: ["ExponentialFamilies"]),

    // MARK: From a model to a plan

    .target(name: "PlanIR", dependencies: ["ExponentialFamilies"]),
    .target(name: "ModelCompiler", dependencies: ["ModelLanguage", "PlanIR"]),

    // MARK: From a plan to numbers

    .target(name: "ReferenceBackend", dependencies: ["PlanIR"]),
    .target(name: "CPUBackend", dependencies: ["PlanIR", "ReferenceBackend", "CKernels", "COpenBLAS"]),
    .target(
      name: "Inference",
      dependencies: ["ModelCompiler", "PlanIR", "ReferenceBackend", "CPUBackend"]),

    // MARK: Tables with given margins and correlations

    .target(
      name: "JointDistributions", dependencies: ["SpecialFunctions", "ExponentialFamilies", "CKernels", "COpenBLAS"]),

    // MARK: The rim: files, pictures, the umbrella, the command line

    .target(name: "DataSources", dependencies: ["Inference", "JointDistributions", "CKernels", "CZlib"]),
    .target(name: "Plots"),
    .target(
      name: "Suffice",
      dependencies: [
        "SpecialFunctions", "ExponentialFamilies", "ModelLanguage", "PlanIR", "ModelCompiler",
        "ReferenceBackend", "CPUBackend", "Inference", "JointDistributions", "DataSources",
      ]),
    .target(name: "SufficeTesting", dependencies: ["Suffice", "CKernels"]),
    .target(name: "Models", dependencies: ["Suffice"], path: "Models"),
    .target(
      name: "SufficeCommands",
      dependencies: [
        "Suffice", "Models", "Plots",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .executableTarget(name: "SufficeTool", dependencies: ["SufficeCommands"]),
    .target(name: "SufficeC", dependencies: ["Suffice", "Models", "Plots", "CKernels"], exclude: ["suffice.h"]),

    // MARK: Examples

    .target(name: "ExampleSupport", dependencies: ["Suffice", "Plots"], path: "Examples/Support"),
    .executableTarget(name: "OldFaithful", dependencies: ["Suffice", "Models"], path: "Examples/OldFaithful"),
    .executableTarget(name: "Galaxies", dependencies: ["Suffice"], path: "Examples/Galaxies"),
    .executableTarget(name: "Adult", dependencies: ["Suffice", "Models"], path: "Examples/Adult"),
    .executableTarget(
      name: "Topics", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/Topics"),
    .executableTarget(
      name: "CoalMining", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/CoalMining"),
    .executableTarget(
      name: "Recessions", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/Recessions"),
    .executableTarget(
      name: "MacroFactors", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"],
      path: "Examples/MacroFactors"),
    .executableTarget(
      name: "RoadDeaths", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/RoadDeaths"),
    .executableTarget(
      name: "Markets", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/Markets"),
    .executableTarget(
      name: "Sunspots", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/Sunspots"),
    .executableTarget(
      name: "Wine", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/Wine"),
    .executableTarget(
      name: "Regressions", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/Regressions"),
    .executableTarget(
      name: "Counts", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/Counts"),
    .executableTarget(
      name: "Votes", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/Votes"),
    .executableTarget(
      name: "Hierarchies", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"],
      path: "Examples/Hierarchies"),
    .executableTarget(
      name: "Factors", dependencies: ["Suffice", "Models", "Plots", "ExampleSupport"], path: "Examples/Factors"),

    // MARK: Benchmarks

    .executableTarget(
      name: "SufficeBench", dependencies: ["Suffice", "Models", "CKernels", "COpenBLAS"], path: "Benchmarks/Sources"),

    // MARK: Tests

    .testTarget(name: "BadInputTests", dependencies: ["Suffice", "Models"]),
    .testTarget(name: "CLibraryTests", dependencies: ["SufficeC", "Suffice", "Models"]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "SufficeCommands", "SufficeTool", "Suffice", "Models", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(name: "CrossingTests", dependencies: ["SufficeTesting", "Suffice", "Models"]),
    .testTarget(name: "DataSourcesTests", dependencies: ["DataSources", "Inference"], exclude: ["Parquet"]),
    .testTarget(name: "FamilyTests", dependencies: ["SufficeTesting", "Suffice"], exclude: ["Golden"]),
    .testTarget(name: "OutsideFamilyTests", dependencies: ["SufficeTesting", "Suffice"]),
    .testTarget(name: "PlotsTests", dependencies: ["Plots"]),
    .testTarget(name: "DiagnosticTests", dependencies: ["Suffice", "Models"]),
    .testTarget(name: "ExplanationTests", dependencies: ["ModelCompiler"], exclude: ["Golden"]),
    .testTarget(name: "FitFileTests", dependencies: ["Suffice", "Models"]),
    .testTarget(name: "JointTests", dependencies: ["Suffice"], exclude: ["Golden"]),
    .testTarget(name: "KernelTests", dependencies: ["CKernels"]),
    .testTarget(
      name: "InferenceTests", dependencies: ["SufficeTesting", "Suffice", "Models"], exclude: ["Data", "Golden"]),
    .testTarget(name: "BackendTests", dependencies: ["SufficeTesting", "Suffice", "Models", "CKernels"]),
    .testTarget(name: "ModelTests", dependencies: ["SufficeTesting", "Suffice", "Models"], exclude: ["Data"]),
    .testTarget(
      name: "ShippedModelTests", dependencies: ["SufficeTesting", "Suffice", "Models"], exclude: ["Data"]),

    // MARK: C

    .target(name: "CKernels", cSettings: [.define("_GNU_SOURCE")]),
    .systemLibrary(name: "CGSL", providers: [.apt(["libgsl-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  ],
  swiftLanguageModes: [.v6]
)
