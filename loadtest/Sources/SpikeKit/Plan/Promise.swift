/// What a profile promises to one group of its crowd, whatever the others do.
///
/// It is kept against a *control run*: the same crowd at the same times, without the groups that `without` names.
struct Promise: Decodable, Equatable, Sendable {
  /// To whom.
  let group: String
  /// Who stays away from the control run. Empty: nothing is compared.
  let without: [String]
  /// The least part of its units in the control run that the group gets.
  let units: Double?
  /// The least part of the share of its requests that were accepted in the control run.
  let accepted: Double?
  /// The least part of all that is sent which the groups of `without` send: less would be no proof.
  let crowding: Double?
  /// By how much of the set rate the waiting room's admissions may differ from it.
  let roomRate: Double?

  private enum CodingKeys: String, CodingKey {
    case group, without, units, accepted, crowding
    case roomRate = "room_rate_within"
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    func part(_ key: CodingKeys) throws -> Double? {
      guard let value = try fields.decodeIfPresent(Double.self, forKey: key) else { return nil }
      guard (0...1).contains(value) else { throw Unusable("the promise needs '\(key.rawValue)' from 0 to 1") }
      return value
    }
    group = try fields.decode(String.self, forKey: .group)
    without = try fields.decodeIfPresent([String].self, forKey: .without) ?? []
    (units, accepted) = (try part(.units), try part(.accepted))
    (crowding, roomRate) = (try part(.crowding), try part(.roomRate))
    guard !without.isEmpty || (units == nil && accepted == nil && crowding == nil) else {
      throw Unusable("the promise needs 'without': the groups that stay away from the control run")
    }
  }

  /// Whether it can only be judged beside a control run.
  var needsControl: Bool { units != nil || accepted != nil }

  /// - Throws: ``Unusable`` if the crowd has no such groups.
  func check(_ groups: [Crowd.Group]) throws(Unusable) {
    for name in [group] + without where !groups.contains(where: { $0.name == name }) {
      throw Unusable("the promise speaks of the group '\(name)', which the crowd does not have")
    }
    guard !without.contains(group) else { throw Unusable("the promise's group cannot stay away") }
  }
}
