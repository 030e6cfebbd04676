// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that a build of Penstock does not know of it. `make fuzz` builds and runs it, and says how.

/// One fuzzer: a program that hands itself over to libFuzzer. `scripts/fuzz.sh` asks for that and for its counters on
/// every edge by a flag for the whole build, as they are needed in the modules under test most of all.
func harness(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name,
    dependencies: ["Fuzzing"] + dependencies,
    swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])
}

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "fuzz",
  dependencies: [
    .package(name: "penstock", path: ".."),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    .systemLibrary(name: "CLibFuzzer"),
    .target(name: "Fuzzing", dependencies: ["CLibFuzzer"], swiftSettings: strict),
    harness("OrderBody", [.product(name: "FlashSale", package: "penstock")]),
    harness(
      "Credentials",
      [.product(name: "FlashSale", package: "penstock"), .product(name: "Time", package: "penstock")]),
    harness(
      "Names",
      [.product(name: "FlashSale", package: "penstock"), .product(name: "Time", package: "penstock")]),
    harness(
      "Record",
      [.product(name: "FlashSale", package: "penstock"), .product(name: "Time", package: "penstock")]),
    harness(
      "PlainHead",
      [
        .product(name: "FlashSale", package: "penstock"),
        .product(name: "HTTPServing", package: "penstock"),
        .product(name: "Intake", package: "penstock"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ]),
  ]
)
