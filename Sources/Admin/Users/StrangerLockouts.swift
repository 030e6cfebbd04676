internal import Accounts
internal import Synchronization
internal import Time

/// Failed sign-ins under names that nobody has, so that a name that is locked is not told from one that is none.
///
/// In the memory of this process, for at most `Limits.strangerNames` names: past it, all are forgotten.
final class StrangerLockouts: Sendable {
  private let lockouts = Mutex<[UserName: Lockout]>([:])

  /// How long to wait; `nil`: not at all.
  func wait(_ name: UserName, at now: Timestamp) -> Duration? { lockouts.withLock { $0[name]?.wait(at: now) } }

  func failed(_ name: UserName, at now: Timestamp) {
    lockouts.withLock { lockouts in
      if lockouts[name] == nil, lockouts.count >= Limits.strangerNames { lockouts = [:] }
      lockouts[name, default: Lockout()].failed(at: now)
    }
  }
}
