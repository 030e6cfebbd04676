/// Every bound of this module (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  /// Characters of a user's name. A longer one is refused.
  public static let userNameBytes = 64

  /// Bytes of a password. A shorter one could be guessed; a longer one is refused, so that nobody makes this hash a
  /// book. NIST SP 800-63B asks for 8 at least, and for 64 at most at least.
  public static let passwordBytes = 12...256

  /// Failed sign-ins of one user that cost nothing: people mistype.
  static let freeFailures: Int32 = 5

  /// Pauses after further failures: twice as long from one to the next. Past the longest it stays so, and nobody is
  /// locked out for good: that would let a stranger close the console for its owner.
  static let lockout = (least: Duration.seconds(2), most: Duration.seconds(900))

  /// A user whose last failure is so long ago starts anew.
  static let failuresForgotten = Duration.seconds(86_400)

  /// A session that was not used for so long has ended.
  public static let sessionIdle = Duration.seconds(1_800)

  /// A session lasts this long from the sign-in, a working day. Use does not prolong it.
  public static let sessionLife = Duration.seconds(43_200)

  /// Random bytes of a session's or an API token's secret.
  public static let secretBytes = 32

  /// Days that an API token may live. Past it, a new one is made.
  public static let tokenDays = 1...3_650

  /// Steps of 30 s before and behind the present one whose code counts too: clocks differ, and people type slowly.
  static let codeSteps: Int64 = 1

  /// How long a request for a second person stands. Past it, it has lapsed, and is asked for again.
  public static let approvalLife = Duration.seconds(86_400)

  /// Bytes of each text of an entry of the admin log. Longer ones are cut, and end in `…`.
  public static let loggedBytes = 4_000
}
