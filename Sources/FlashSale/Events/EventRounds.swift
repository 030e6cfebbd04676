/// Splits events so that those of one order stay in order, whatever becomes of each record that is written.
///
/// (1) In a round each order is at most once. What is written in one goes to the log at once, and in any order.
/// (2) A round begins when the one before it is in the log, whole: so no event of an order is there before the one that
///     came before it.
public enum EventRounds {
  /// The rounds of these events, which are in order.
  public static func split(_ events: [OrderEvent]) -> [ArraySlice<OrderEvent>] {
    var rounds: [ArraySlice<OrderEvent>] = []
    var orders: Set<OrderID> = []
    var start = 0
    for (index, event) in events.enumerated() where !orders.insert(event.order).inserted {
      rounds.append(events[start..<index])
      start = index
      orders = [event.order]
    }
    if start < events.count { rounds.append(events[start...]) }
    return rounds
  }
}
