public import FlashSale

/// What a new password must be.
public enum PasswordRule {
  /// Throws the field and the rule for one that is not taken.
  public static func check(_ password: String, of user: UserName) throws(ValidationError) {
    guard Limits.passwordBytes.contains(password.utf8.count) else {
      throw ValidationError(
        "password", "must be \(Limits.passwordBytes.lowerBound) to \(Limits.passwordBytes.upperBound) bytes")
    }
    guard !password.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw ValidationError("password", "must not have control characters")
    }
    guard Set(password).count >= 5 else { throw ValidationError("password", "must have 5 different characters") }
    guard !password.lowercased().contains(user.rawValue) else {
      throw ValidationError("password", "must not contain the user's name")
    }
  }
}
