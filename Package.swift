// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 mode, warnings are errors, and an import is not re-exported by accident.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "penstock",
  products: [
    // For bench/micro, which is a package of its own.
    .library(name: "FlashSale", targets: ["FlashSale"]),
    .library(name: "Time", targets: ["Time"]),
    // For fuzz, which is one too.
    .library(name: "HTTPServing", targets: ["HTTPServing"]),
    .library(name: "Intake", targets: ["Intake"]),
    .executable(name: "penstock", targets: ["penstock"]),
    .executable(name: "spike", targets: ["spike"]),
    .executable(name: "simulate", targets: ["simulate"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C libraries, found by pkg-config; nothing else in between.
    .systemLibrary(name: "CRdkafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

    // An instant and now, the units of a duration, and the pauses between attempts.
    .target(name: "Time", swiftSettings: strict),

    // What a process says about itself: what it waits for, and the names of its metrics.
    .target(
      name: "Vitals",
      dependencies: ["Time", .product(name: "Metrics", package: "swift-metrics")],
      swiftSettings: strict),
    // What must not be printed.
    .target(name: "Secrets", swiftSettings: strict),
    // Where a record stands: what the wrapper of Kafka and the domain both speak of.
    .target(name: "LogPositions", swiftSettings: strict),

    // Thin wrappers. C types do not leave them.
    .target(
      name: "Kafka",
      dependencies: [
        "CRdkafka", "LogPositions", "Secrets", "Time", "Vitals", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(
      name: "Postgres",
      dependencies: ["CLibpq", "Secrets", "Time", "Vitals", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),

    // The domain: pure.
    .target(
      name: "FlashSale",
      dependencies: [
        "LogPositions", "Secrets", "Time",
        .product(name: "Crypto", package: "swift-crypto"),
        // RSA only: Crypto has none.
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: strict),

    // Who may use the admin console, and what they did: pure.
    .target(
      name: "Accounts",
      dependencies: [
        "FlashSale", "Secrets", "Time",
        .product(name: "Crypto", package: "swift-crypto"),
        // scrypt: Crypto has no hash of passwords.
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "AccountsTests", dependencies: ["Accounts", "FlashSale", "Secrets", "Time"], swiftSettings: strict),

    // The log of orders: written, read and decoded.
    .target(
      name: "OrderLog",
      dependencies: ["FlashSale", "Kafka", "Time", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),

    // What a lane knows and decides, and the steps of its transactions: pure.
    .target(name: "Lane", dependencies: ["FlashSale", "Time"], swiftSettings: strict),

    // Every SQL statement.
    .target(
      name: "SaleStore", dependencies: ["Accounts", "FlashSale", "Lane", "Postgres", "Time", "Vitals"],
      swiftSettings: strict),

    // What every listener shares: problems, JSON, one reading of HTTP/1.1.
    .target(
      name: "HTTPServing",
      dependencies: [
        "FlashSale", "Time", "Vitals",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
      ],
      swiftSettings: strict),

    // What every process tells its operator: health, metrics, and the listener for both.
    .target(
      name: "Telemetry",
      dependencies: [
        "HTTPServing", "Secrets", "Time", "Vitals",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    // The parts that run.
    .target(
      name: "Intake",
      dependencies: [
        "FlashSale", "HTTPServing", "OrderLog", "SaleStore", "Time", "Vitals",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .target(
      name: "Worker",
      dependencies: [
        "FlashSale", "Lane", "OrderLog", "SaleStore", "Time", "Vitals",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .target(
      name: "Admin",
      dependencies: [
        "Accounts", "FlashSale", "HTTPServing", "SaleStore", "Secrets", "Telemetry", "Time", "Vitals",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    // Events to their topic, and to the shop's endpoints.
    .target(
      name: "Relay",
      dependencies: [
        "FlashSale", "OrderLog", "SaleStore", "Time", "Vitals",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    // The log decided anew, beside the store.
    .target(
      name: "Audit",
      dependencies: [
        "Accounts", "FlashSale", "OrderLog", "SaleStore", "Time",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),

    // The command line: configuration and wiring.
    .executableTarget(
      name: "penstock",
      dependencies: [
        "Accounts", "Admin", "Audit", "FlashSale", "HTTPServing", "Intake", "Kafka", "OrderLog", "Postgres", "Relay",
        "SaleStore",
        "Secrets", "Telemetry", "Time", "Vitals", "Worker",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    // How numbers, tables and markup are written for people. The load test's own, and it knows nothing of Penstock.
    .target(name: "Writing", path: "loadtest/Sources/Writing", swiftSettings: strict),

    // The load test: public HTTP only.
    .target(
      name: "SpikeKit",
      dependencies: [
        "Writing",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "loadtest/Sources/SpikeKit",
      swiftSettings: strict),
    .executableTarget(
      name: "spike",
      dependencies: ["SpikeKit", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "loadtest/Sources/spike",
      swiftSettings: strict),

    // Faults in virtual time, from a seed.
    .target(
      name: "Simulation",
      dependencies: ["FlashSale", "Lane", "Time", .product(name: "HeapModule", package: "swift-collections")],
      swiftSettings: strict),
    .executableTarget(
      name: "simulate",
      dependencies: ["Simulation", "Time", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict),
    .testTarget(name: "SimulationTests", dependencies: ["Simulation", "TestSupport"], swiftSettings: strict),

    // The benchmark: the same real processes, beside their references.
    .executableTarget(
      name: "bench",
      dependencies: [
        "FlashSale", "Kafka", "Postgres", "SaleStore", "TestSupport", "Time", "Writing",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "bench/Sources/bench",
      swiftSettings: strict),

    // The fault matrix: the same real processes, broken on purpose, and the audit.
    .executableTarget(
      name: "chaos",
      dependencies: [
        "FlashSale", "Kafka", "OrderLog", "Postgres", "TestSupport", "Time", "Writing",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      path: "chaos/Sources/chaos",
      swiftSettings: strict),

    // Tests use the real thing: a private PostgreSQL, librdkafka's mock cluster, processes and signals.
    .target(
      name: "TestSupport",
      dependencies: [
        "Kafka", "Postgres", "SaleStore", "Time",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "KafkaTests",
      dependencies: ["Kafka", "Secrets", "TestSupport", "Vitals", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .testTarget(
      name: "PostgresTests",
      dependencies: ["Postgres", "TestSupport", "Time", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .testTarget(
      name: "OrderLogTests",
      dependencies: [
        "FlashSale", "Kafka", "OrderLog", "TestSupport", "Time", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(name: "VitalsTests", dependencies: ["Vitals"], swiftSettings: strict),
    .testTarget(name: "TimeTests", dependencies: ["Time"], swiftSettings: strict),
    .testTarget(name: "FlashSaleTests", dependencies: ["FlashSale", "TestSupport", "Time"], swiftSettings: strict),
    .testTarget(
      name: "HTTPServingTests",
      dependencies: [
        "FlashSale", "HTTPServing", "TestSupport",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "IntakeTests",
      dependencies: [
        "FlashSale", "HTTPServing", "Intake", "Kafka", "OrderLog", "Postgres", "SaleStore", "TestSupport", "Time",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .testTarget(name: "LaneTests", dependencies: ["FlashSale", "Lane", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "WorkerTests",
      dependencies: [
        "Audit", "FlashSale", "Kafka", "Lane", "OrderLog", "Postgres", "SaleStore", "TestSupport", "Time", "Vitals",
        "Worker",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RelayTests",
      dependencies: [
        "FlashSale", "Kafka", "OrderLog", "Postgres", "Relay", "SaleStore", "TestSupport", "Time", "Worker",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "TelemetryTests",
      dependencies: ["Secrets", "Telemetry", "Vitals", .product(name: "Metrics", package: "swift-metrics")],
      swiftSettings: strict),
    .testTarget(
      name: "AdminTests",
      dependencies: [
        "Accounts", "Admin", "FlashSale", "HTTPServing", "Lane", "Postgres", "SaleStore", "Secrets", "Telemetry",
        "TestSupport", "Time",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "AuditTests",
      dependencies: [
        "Audit", "FlashSale", "Kafka", "Lane", "OrderLog", "Postgres", "SaleStore", "TestSupport", "Time", "Worker",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SpikeTests",
      dependencies: [
        "SpikeKit",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
    .testTarget(
      name: "SystemTests",
      dependencies: [
        "Accounts", "FlashSale", "Kafka", "OrderLog", "Postgres", "SaleStore", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
  ]
)
