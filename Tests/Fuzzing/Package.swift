// swift-tools-version: 6.1
import PackageDescription

// What scripts/fuzz builds with coverage and links with the fuzzer: a package of its own, so that nothing else is.
let package = Package(
  name: "Fuzzing",
  products: [.library(name: "Readers", type: .static, targets: ["Readers"])],
  dependencies: [.package(name: "Suffice", path: "../..")],
  targets: [
    .target(
      name: "Readers",
      dependencies: [
        .product(name: "Suffice", package: "Suffice"), .product(name: "SufficeModels", package: "Suffice"),
      ])
  ])
