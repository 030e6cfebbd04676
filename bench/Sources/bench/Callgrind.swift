import Foundation
import TestSupport

/// What callgrind counted over a program's whole life, except for what it was told not to collect.
struct Callgrind {
  /// Instructions.
  private(set) var instructions = 0.0
  /// Calls of malloc and its relatives.
  private(set) var allocations = 0.0
  /// The same, by the code that asked for the memory.
  private(set) var askers: [String: Double] = [:]

  private static let family: Set<String> = [
    "malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign",
  ]

  /// OpenSSL's own family. Only connecting to PostgreSQL asks it for memory, some 26,000 times for each connection;
  /// callgrind goes on counting calls where it does not collect.
  private static let openSSL = "CRYPTO_"

  /// Functions that only pass the request on: their caller is the one that asked.
  private static func passesOn(_ function: some StringProtocol) -> Bool {
    ["swift_slowAlloc", "swift_allocObject", "swift_allocBox", "operator new"].contains { function.contains($0) }
  }

  /// Reads a profile (Callgrind Format Specification, in valgrind's manual): `fn=` begins a function's own lines, and
  /// `calls=n` after `cfn=` says how often it called another. A name is written once, and is then its number.
  init(reading file: String) throws {
    var names: [Substring: Substring] = [:]
    func name(_ words: Substring) -> Substring {
      guard let end = words.firstIndex(of: ")") else { return words }
      let (number, rest) = (words[...end], words[words.index(after: end)...].drop { $0 == " " })
      if !rest.isEmpty { names[number] = rest }
      return names[number] ?? number
    }
    var (caller, callee): (Substring, Substring) = ("", "")
    for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix("fn=") {
        caller = name(line.dropFirst(3))
      } else if line.hasPrefix("cfn=") {
        callee = name(line.dropFirst(4))
      } else if line.hasPrefix("calls=") {
        count(Double(line.dropFirst(6).prefix { $0.isNumber }) ?? 0, from: caller, to: callee)
      } else if line.hasPrefix("totals: ") || line.hasPrefix("summary: ") {
        instructions = Double(line.split(separator: " ")[1]) ?? 0
      }
    }
    guard instructions > 0, allocations > 0 else { throw TestSetUpError("callgrind wrote no totals") }
  }

  /// What each of `count` more orders took in a longer run.
  func perOrder(beyond shorter: Callgrind, orders count: Int) -> Callgrind {
    var difference = self
    difference.instructions = (instructions - shorter.instructions) / Double(count)
    difference.allocations = (allocations - shorter.allocations) / Double(count)
    for (asker, calls) in askers {
      difference.askers[asker] = (calls - shorter.askers[asker, default: 0]) / Double(count)
    }
    return difference
  }

  private mutating func count(_ calls: Double, from caller: Substring, to callee: Substring) {
    let (isFamily, callerIsFamily) = (Self.family.contains(String(callee)), Self.family.contains(String(caller)))
    guard !callerIsFamily, !caller.hasPrefix(Self.openSSL) else { return }
    if isFamily { allocations += calls }
    if isFamily || Self.passesOn(callee), !Self.passesOn(caller) { askers[String(caller), default: 0] += calls }
  }
}
