internal import FoundationEssentials
internal import Writing

/// What a group got.
struct GroupFigures: Codable, Equatable, Sendable {
  let name: String
  /// Everything that it sent: first tries, others, and questions in a waiting room.
  let sent: Int
  /// Requests of the schedule.
  let requests: Int
  /// Answers 202 and 200 to its orders.
  let accepted: Int
  /// Units of its buyers' confirmed orders.
  let units: Int
}

/// A result file, as far as another run is compared with it.
struct ControlRun: Decodable, Sendable {
  let schedule: String
  let seed: UInt64
  let groups: [Part]

  struct Part: Decodable, Sendable {
    let figures: GroupFigures
  }

  /// - Throws: ``Unusable`` if the file cannot be read, or is of another schedule or seed: then its crowd was another.
  static func read(_ path: String, schedule: String, seed: UInt64) throws(Unusable) -> ControlRun {
    let run: ControlRun
    do {
      run = try JSONDecoder().decode(ControlRun.self, from: Data(contentsOf: URL(filePath: path)))
    } catch {
      throw Unusable("the control run \(path) cannot be read: it is what --alone --json has written", because: error)
    }
    guard run.schedule == schedule, run.seed == seed else {
      throw Unusable("the control run \(path) is of '\(run.schedule)' with the seed \(run.seed): another crowd")
    }
    return run
  }

  fileprivate func figures(_ group: String) -> GroupFigures? {
    groups.first { $0.figures.name == group }?.figures
  }
}

extension Promise {
  /// What it demands, judged.
  ///
  /// - Parameters:
  ///   - figures: of all groups of the run.
  ///   - control: `nil` where there was none.
  func checks(_ figures: [GroupFigures], _ room: RoomSight, control: ControlRun?) -> [Check] {
    var checks: [Check] = []
    if needsControl { checks += compared(figures, control) }
    if let crowding { checks.append(Self.crowded(figures, without, least: crowding)) }
    if let roomRate { checks.append(Self.rate(room, within: roomRate)) }
    return checks
  }

  private func compared(_ figures: [GroupFigures], _ control: ControlRun?) -> [Check] {
    guard let now = figures.first(where: { $0.name == group }) else { return [] }
    guard let control, let alone = control.figures(group) else {
      let why = "no control run was given: --control FILE, of a run with --alone"
      return [Check(invariant: "P", statement: "\(group) get what they get alone", result: .unchecked(why: why))]
    }
    var checks: [Check] = []
    if let units {
      let what = "\(group) got \(grouped(now.units)) units, \(grouped(alone.units)) alone"
      checks.append(Self.kept(what, Double(now.units), of: Double(alone.units), least: units))
    }
    if let accepted {
      let (share, before) = (now.acceptedShare, alone.acceptedShare)
      let what = "of \(group) \(fixed(share * 100, 1)) % were accepted, \(fixed(before * 100, 1)) % alone"
      checks.append(Self.kept(what, share, of: before, least: accepted))
    }
    return checks
  }

  private static func kept(_ what: String, _ value: Double, of control: Double, least: Double) -> Check {
    let part = control > 0 ? value / control : 0
    let statement = "\(what): \(fixed(part * 100, 1)) %, at least \(fixed(least * 100, 0)) % promised"
    return .of("P", statement, Violations(part < least - 1e-9 ? ["the promise is not kept"] : []))
  }

  private static func crowded(_ figures: [GroupFigures], _ names: [String], least: Double) -> Check {
    let all = figures.reduce(0) { $0 + $1.sent }
    let theirs = figures.filter { names.contains($0.name) }.reduce(0) { $0 + $1.sent }
    let share = Double(theirs) / Double(max(all, 1))
    let statement =
      "\(names.joined(separator: ", ")) sent \(fixed(share * 100, 1)) % of \(grouped(all)) requests, at least "
      + "\(fixed(least * 100, 0)) % were meant"
    return .of("P", statement, Violations(share < least - 1e-9 ? ["the crowd was not what the profile says"] : []))
  }

  /// Two admissions more or less are the steps in which a room lets in.
  private static func rate(_ room: RoomSight, within part: Double) -> Check {
    guard let wanted = room.ratePerMinute.map({ Double($0) / 60 }), let (measured, count) = room.admissions else {
      return Check(
        invariant: "P", statement: "admissions at the set rate", result: .unchecked(why: "nobody was let in"))
    }
    let allowed = part + 2 / Double(count)
    let statement =
      "\(grouped(count)) buyers were let in at \(fixed(measured, 2))/s, \(fixed(wanted, 2))/s set, "
      + "\(fixed(part * 100, 0)) % allowed"
    return .of("P", statement, Violations(abs(measured / wanted - 1) > allowed ? ["the rate is not kept"] : []))
  }
}

extension GroupFigures {
  fileprivate var acceptedShare: Double { Double(accepted) / Double(max(requests, 1)) }
}
