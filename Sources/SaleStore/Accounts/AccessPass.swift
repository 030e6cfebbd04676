internal import Accounts
internal import FlashSale
internal import Postgres
public import Time

/// What somebody was let in by, and what ends before a stream that was begun with it.
public enum AccessPass: Hashable, Sendable {
  /// The digest of a session's secret.
  case session([UInt8])
  /// The number of an API token.
  case token(Int32)
}

extension SaleStore {
  /// Those of the passes that are good at this time. No use is noted: a stream that goes on is none.
  public func good(_ passes: Set<AccessPass>, at now: Timestamp) async throws -> Set<AccessPass> {
    var (digests, tokens) = ([String](), [Int32]())
    for pass in passes {
      switch pass {
      case .session(let digest): digests.append(Hexadecimal.text(digest))
      case .token(let id): tokens.append(id)
      }
    }
    return try await pool.withConnection { [digests, tokens] connection in
      try await connection.transaction(readOnly: true) { transaction -> Set<AccessPass> in
        let answers = try transaction.pipeline { pipeline in
          try pipeline.add(
            """
            SELECT s.digest, s.signed_in_at, s.last_used_at FROM admin_sessions s JOIN admin_users u ON u.id = s.user_id
            WHERE s.digest = ANY (SELECT decode(hex, 'hex') FROM unnest($1::text[]) AS hex) AND u.disabled_at IS NULL
            """, digests)
          try pipeline.add(
            """
            SELECT t.id FROM admin_tokens t LEFT JOIN admin_users u ON u.name = t.created_by
            WHERE t.id = ANY ($1) AND revoked_at IS NULL AND expires_at > $2 AND u.disabled_at IS NULL
            """, tokens, now)
        }
        let sessions = try answers[0].filter { row in
          SessionLife(signedInAt: try row.timestamp(1), lastUsedAt: try row.timestamp(2)).isAlive(at: now)
        }
        return try Set(
          sessions.map { AccessPass.session(try $0.bytes(0)) } + answers[1].map { AccessPass.token(try $0.int32(0)) })
      }
    }
  }
}
