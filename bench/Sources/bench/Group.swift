/// Rows that are measured together, because they share a reference or a shop.
struct Group: Sendable {
  let name: String
  let measure: @Sendable (Journal) async throws -> Void

  static let all = [
    Group(name: "http", measure: HTTPGroup.measure),
    Group(name: "drain", measure: DrainGroup.measure),
    Group(name: "line", measure: LineGroup.measure),
    Group(name: "memory", measure: MemoryGroup.measure),
    Group(name: "audit", measure: AuditGroup.measure),
    Group(name: "instructions", measure: InstructionGroup.measure),
  ]
}
