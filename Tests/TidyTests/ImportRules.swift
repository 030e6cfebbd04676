/// Who may know whom: the table of the design, as data. Arrows point down only.
enum ImportRules {
  private struct Part {
    /// The modules of this project that it may import.
    var ours: Set<String> = []
    /// The libraries that it may import beside the toolchain's; nil is any.
    var libraries: Set<String>?
    /// Whether it may import what reaches the system: threads, sockets, files, clocks.
    var isPure = false
  }

  private static let parts: [String: Part] = [
    "Secrets": Part(libraries: [], isPure: true),
    "Time": Part(libraries: []),
    "LogPositions": Part(libraries: [], isPure: true),
    "Vitals": Part(ours: ["Time"], libraries: ["Metrics"]),
    "Kafka": Part(ours: ["CRdkafka", "LogPositions", "Secrets", "Time", "Vitals"], libraries: ["Logging"]),
    "Postgres": Part(ours: ["CLibpq", "Secrets", "Time", "Vitals"], libraries: ["Logging"]),
    "FlashSale": Part(
      ours: ["LogPositions", "Secrets", "Time"], libraries: ["Crypto", "CryptoExtras", "SwiftProtobuf"], isPure: true),
    "Accounts": Part(
      ours: ["FlashSale", "Secrets", "Time"], libraries: ["Crypto", "CryptoExtras"], isPure: true),
    "OrderLog": Part(ours: ["FlashSale", "Kafka", "Time", "Vitals"], libraries: ["Logging"]),
    "Lane": Part(ours: ["FlashSale", "Time"], libraries: [], isPure: true),
    "SaleStore": Part(ours: ["Accounts", "FlashSale", "Lane", "Postgres", "Time", "Vitals"], libraries: ["Logging"]),
    "HTTPServing": Part(ours: ["FlashSale", "Time", "Vitals"]),
    "Telemetry": Part(ours: ["HTTPServing", "Secrets", "Time", "Vitals"]),
    "Intake": Part(ours: ["FlashSale", "HTTPServing", "OrderLog", "SaleStore", "Time", "Vitals"]),
    "Worker": Part(ours: ["FlashSale", "Lane", "OrderLog", "SaleStore", "Time", "Vitals"]),
    "Admin": Part(ours: ["Accounts", "FlashSale", "HTTPServing", "SaleStore", "Secrets", "Telemetry", "Time", "Vitals"]
    ),
    "Relay": Part(ours: ["FlashSale", "OrderLog", "SaleStore", "Time", "Vitals"]),
    "Audit": Part(ours: ["Accounts", "FlashSale", "OrderLog", "SaleStore", "Time"], libraries: ["Crypto", "Logging"]),
    "penstock": Part(ours: [
      "Accounts", "Admin", "Audit", "FlashSale", "HTTPServing", "Intake", "Kafka", "OrderLog", "Postgres", "Relay",
      "SaleStore",
      "Secrets", "Telemetry", "Time", "Vitals", "Worker",
    ]),
    "Simulation": Part(ours: ["FlashSale", "Lane", "Time"], libraries: ["HeapModule"], isPure: true),
    "simulate": Part(ours: ["Simulation", "Time"], libraries: ["ArgumentParser"]),
    "loadtest": Part(),
    "bench": Part(ours: ["FlashSale", "Kafka", "Postgres", "SaleStore", "Time"]),
    "chaos": Part(ours: ["FlashSale", "Kafka", "OrderLog", "Postgres", "Time"]),
  ]

  /// A C library's one owner: its types do not leave that folder, tests included.
  private static let owners = ["CRdkafka": "Sources/Kafka/", "CLibpq": "Sources/Postgres/"]

  private static let pureToolchain: Set<String> = ["Swift", "Foundation", "FoundationEssentials", "Synchronization"]
  private static let toolchain = pureToolchain.union(["Dispatch", "Glibc", "Musl", "RegexBuilder"])

  static func violations(in file: SwiftFile) -> [Violation] {
    let part = file.part.flatMap { parts[$0] }
    if let name = file.part, part == nil {
      let advice = "the part “\(name)” is not in the table of Tests/TidyTests/ImportRules.swift: add it there"
      return [Violation(path: file.path, line: 1, advice: advice)]
    }
    return imports(in: file).compactMap { imported, line in
      advice(on: imported, in: file, part: part).map { Violation(path: file.path, line: line, advice: $0) }
    }
  }

  private static func advice(on imported: String, in file: SwiftFile, part: Part?) -> String? {
    if let owner = owners[imported], !file.path.hasPrefix(owner) {
      return "\(imported) is imported in \(owner) only: use that module's own types"
    }
    guard let part, let name = file.part else { return nil }
    if parts[imported] != nil || owners[imported] != nil {
      return part.ours.contains(imported)
        ? nil : "\(name) must not know \(imported), see design §10: arrows point down only"
    }
    if let libraries = part.libraries {
      let system = part.isPure ? pureToolchain : toolchain
      return libraries.union(system).contains(imported)
        ? nil : "\(name) may not import \(imported), only \(libraries.sorted().joined(separator: ", "))"
    }
    return nil
  }

  /// The module of every import, whatever attributes, access level or kind of declaration stand around it.
  private static func imports(in file: SwiftFile) -> [(module: String, line: Int)] {
    file.text.code.enumerated().compactMap { index, line in
      let kinds = /^\s*(?:@\S+\s+|\w+\s+)*import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
      return line.firstMatch(of: kinds).map { (String($0.output.1), index + 1) }
    }
  }
}
