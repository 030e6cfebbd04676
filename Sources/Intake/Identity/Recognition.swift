internal import FlashSale
internal import HTTPServing
internal import Synchronization
internal import Time

/// Knows who sends a request. One for each event loop, and one that the routes share.
///
/// Signatures are checked where the request is, not on an actor behind a task (decision 0030).
struct Recognition {
  private let identification: Identification
  private var verifier: TokenVerifier?
  private var cache = TokenCache()

  init(_ identification: Identification) {
    self.identification = identification
    verifier = identification.tokens.map { TokenVerifier(keys: $0.keys, rules: $0.rules) }
  }

  /// Believes these keys from now on, and no token that it has seen before.
  mutating func replace(keys: TokenKeys) {
    guard let rules = identification.tokens?.rules else { return }
    verifier = TokenVerifier(keys: keys, rules: rules)
    cache.removeAll()
  }

  /// Who sends the request; throws `unauthenticated` or `invalid_token`.
  ///
  /// - Parameter believesField: of the request's peer, see `Identification.believesField(of:)`.
  mutating func caller(_ fields: CallerFields, believesField: Bool) throws(Problem) -> Caller {
    switch try glance(fields, believesField: believesField) {
    case .known(let caller): return caller
    case .unknown(let verifier, let now):
      let verified = try Self.verify(fields, verifier, now)
      learned(fields, verified)
      return Caller(buyer: verified.buyer, token: verified)
    }
  }

  fileprivate enum Glance: Sendable {
    case known(Caller)
    case unknown(TokenVerifier, Timestamp)
  }

  /// What can be said without a signature.
  fileprivate mutating func glance(_ fields: CallerFields, believesField: Bool) throws(Problem) -> Glance {
    if believesField, let name = fields.buyer {
      guard let buyer = BuyerID(bytes: name) else { throw .unauthenticated(BuyerID.rule) }
      return .known(Caller(buyer: buyer, token: nil))
    }
    guard let verifier else {
      throw fields.buyer == nil ? .unauthenticated("is missing") : .unauthenticated("is believed from the gateway only")
    }
    guard let token = fields.token else { throw .tokenMissing }
    let now = Timestamp.now
    guard let known = cache.find(token) else { return .unknown(verifier, now) }
    do throws(TokenFault) { try known.check(at: now) } catch { throw .invalidToken(error) }
    return .known(Caller(buyer: known.buyer, token: known))
  }

  fileprivate static func verify(
    _ fields: CallerFields, _ verifier: TokenVerifier, _ now: Timestamp
  ) throws(Problem) -> VerifiedToken {
    guard let token = fields.token else { throw .tokenMissing }
    do throws(TokenFault) { return try verifier.verify(token, at: now) } catch { throw .invalidToken(error) }
  }

  fileprivate mutating func learned(_ fields: CallerFields, _ verified: VerifiedToken) {
    if let token = fields.token { cache.insert(token, verified) }
  }
}

/// The recognition that routes share, which run on any thread; event loops have their own.
final class SharedRecognition: Sendable {
  private struct State {
    var recognition: Recognition
    /// How often the keys were replaced.
    var generation = 0
  }

  let identification: Identification
  private let state: Mutex<State>

  init(_ identification: Identification) {
    self.identification = identification
    state = Mutex(State(recognition: Recognition(identification)))
  }

  func replace(keys: TokenKeys) {
    state.withLock { state in
      state.recognition.replace(keys: keys)
      state.generation += 1
    }
  }

  /// As `Recognition.caller`. Signatures are checked outside of the lock.
  func caller(buyer: String?, authorization: String?, believesField: Bool) throws(Problem) -> Caller {
    let (glance, generation) = state.withLock { state in
      let glance = Self.lend(buyer, authorization) { fields in
        Result { () throws(Problem) in try state.recognition.glance(fields, believesField: believesField) }
      }
      return (glance, state.generation)
    }
    switch try glance.get() {
    case .known(let caller): return caller
    case .unknown(let verifier, let now):
      let result = Self.lend(buyer, authorization) { fields in
        Result { () throws(Problem) in try Recognition.verify(fields, verifier, now) }
      }
      let verified = try result.get()
      state.withLock { state in
        // The keys may have been replaced meanwhile.
        guard state.generation == generation else { return }
        Self.lend(buyer, authorization) { state.recognition.learned($0, verified) }
      }
      return Caller(buyer: verified.buyer, token: verified)
    }
  }

  private static func lend<Answer>(
    _ buyer: String?, _ authorization: String?, _ body: (CallerFields) -> Answer
  ) -> Answer {
    buyer.lendBytes { buyer in
      authorization.lendBytes { body(CallerFields(buyer: buyer, authorization: $0)) }
    }
  }
}

extension String? {
  /// Lends the text's bytes to `body`, for the time of the call.
  func lendBytes<Answer>(_ body: (UnsafeRawBufferPointer?) -> Answer) -> Answer {
    guard var text = self else { return body(nil) }
    return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }
}
