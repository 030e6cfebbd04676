import Testing
import Time

struct DurationTests {
  @Test func `whole units are rounded towards zero`() {
    let duration = Duration.seconds(1) + .nanoseconds(1_999_999)
    #expect(duration.wholeNanoseconds == 1_001_999_999)
    #expect(duration.wholeMicroseconds == 1_001_999)
    #expect(duration.wholeMilliseconds == 1_001)
    #expect(Duration.nanoseconds(-1_999_999).wholeMilliseconds == -1)
    #expect(Duration(secondsComponent: 0, attosecondsComponent: 999_999_999).wholeNanoseconds == 0)
  }

  @Test func `what 64 bits do not hold is the longest`() {
    #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
    #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
    #expect((Duration.nanoseconds(Int64.max) + .nanoseconds(1)).wholeNanoseconds == .max)
    #expect(Duration.seconds(Int64.max).millisecondsRoundedUp == .max)
  }

  @Test func `a wait in milliseconds is rounded up`() {
    #expect(Duration.zero.millisecondsRoundedUp == 0)
    #expect(Duration.milliseconds(3).millisecondsRoundedUp == 3)
    #expect(Duration(secondsComponent: 0, attosecondsComponent: 1).millisecondsRoundedUp == 1)
    #expect(Duration.nanoseconds(-1).millisecondsRoundedUp == 0)
  }

  @Test func `units with a fraction keep it`() {
    #expect(Duration.milliseconds(1_500).inSeconds == 1.5)
    #expect(Duration.microseconds(250).inMilliseconds == 0.25)
  }
}
