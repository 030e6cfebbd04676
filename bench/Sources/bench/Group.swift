/// Rows that are measured together, because they share a reference or a shop.
struct Group: Sendable {
  let name: String
  /// Whether it runs only on request, because it takes as long as all others together.
  var isOnRequest = false
  let measure: @Sendable (Scores) async throws -> Void

  static let all = [
    Group(name: "http", measure: HTTPGroup.measure),
    Group(name: "drain", measure: DrainGroup.measure),
    Group(name: "life", measure: LifeGroup.measure),
    Group(name: "life commands", measure: LifeGroup.measureCommands),
    Group(name: "life growth", measure: LifeGroup.measureGrowth),
    Group(name: "line", measure: LineGroup.measure),
    Group(name: "cost", measure: CostGroup.measure),
    Group(name: "room", measure: RoomGroup.measure),
    Group(name: "memory", measure: MemoryGroup.measure),
    Group(name: "watch", measure: WatchGroup.measure),
    Group(name: "console", measure: ConsoleGroup.measure),
    Group(name: "instructions", measure: InstructionGroup.measure),
    Group(name: "audit", isOnRequest: true, measure: AuditGroup.measure),
  ]
}
