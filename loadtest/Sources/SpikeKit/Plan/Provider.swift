internal import ArgumentParser
internal import NIOCore

/// How the shop hears that a buyer has paid.
enum PaymentWay: String, Sendable, CaseIterable, ExpressibleByArgument {
  /// From its own backend, which shows its token.
  case shop
  /// From the provider, by signed notices.
  case provider
  /// Likewise, and by turns the notice is right, late, of two captures, or wrong.
  case fickleProvider = "fickle-provider"
}

/// A toy payment provider: which captures it tells of when a buyer pays, and when. Sends nothing itself.
///
/// (1) Whatever its mood, what it says of one capture is the same in each delivery.
/// (2) A wrong capture is followed by the right one.
struct Provider: Sendable {
  /// What it does with one payment.
  enum Mood: String, Sendable, CaseIterable {
    case right
    /// Its notice comes after the hold's end.
    case late
    /// The buyer's money is taken twice, under two ids.
    case twice
    case wrongAmount = "wrong amount"
    case wrongCurrency = "wrong currency"
  }

  /// One capture, as it is told.
  struct Notice: Equatable, Sendable {
    let payment: String
    let minor: Int
    let currency: String
    /// After what was done before.
    let pause: TimeAmount
    /// How often it is told in all.
    let deliveries: Int
  }

  let way: PaymentWay

  /// - Parameter bits: a draw.
  func mood(_ bits: UInt64) -> Mood {
    guard way == .fickleProvider else { return .right }
    return switch bits % 4 {
    case 0: .right
    case 1: .late
    case 2: .twice
    default: bits / 4 % 2 == 0 ? .wrongAmount : .wrongCurrency
    }
  }

  /// - Parameters:
  ///   - payment: what the ids of the captures begin with.
  ///   - minor, currency: what the order costs.
  ///   - remaining: until the hold's end.
  ///   - bits: a draw; by one in four, notices come three times.
  func notices(
    _ mood: Mood, payment: String, minor: Int, currency: String, remaining: TimeAmount, bits: UInt64
  ) -> [Notice] {
    let deliveries = way == .shop || bits % 4 > 0 ? 1 : 3
    func notice(_ end: String, _ minor: Int, _ currency: String, after pause: TimeAmount) -> Notice {
      Notice(payment: payment + end, minor: minor, currency: currency, pause: pause, deliveries: deliveries)
    }
    let right = notice("-a", minor, currency, after: .zero)
    let second = Limits.secondCapture
    return switch mood {
    case .right: [right]
    case .late: [notice("-a", minor, currency, after: remaining + Limits.lateCapture)]
    case .twice: [right, notice("-b", minor, currency, after: second)]
    case .wrongAmount: [notice("-x", minor + 1, currency, after: .zero), notice("-a", minor, currency, after: second)]
    case .wrongCurrency:
      [
        notice("-x", minor, currency == "XTS" ? "XXX" : "XTS", after: .zero),
        notice("-a", minor, currency, after: second),
      ]
    }
  }
}
