using System.Text;
using System.Text.RegularExpressions;

namespace FunctionsApi.Storage;

/// <summary>The limits that <see cref="IQueueStore"/> promises, checked by every implementation before it does anything.</summary>
internal static partial class QueueArguments
{
    // The service takes 64 KiB, and base64 makes 4 bytes of 3.
    private const int MaxTextBytes = 48 * 1024;

    private static readonly TimeSpan LongestHiding = TimeSpan.FromDays(7);

    public static void Check(string queue)
    {
        if (queue is not { Length: >= 3 and <= 63 } || !Name().IsMatch(queue))
            throw new ArgumentException(
                $"A queue's name is 3 to 63 small letters, digits and single dashes between them; '{queue}' is not.", nameof(queue));
    }

    /// <returns>The text's UTF-8.</returns>
    public static byte[] Check(string queue, string text)
    {
        Check(queue);
        if (!TableArguments.IsWellFormed(text))
            throw new ArgumentException("A message is well-formed text; this one has half of a surrogate pair.", nameof(text));
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= MaxTextBytes
            ? bytes
            : throw new ArgumentException($"A message has at most {MaxTextBytes:N0} bytes, not {bytes.Length:N0}.", nameof(text));
    }

    public static void Check(string queue, TimeSpan hideFor, TimeSpan shortest)
    {
        Check(queue);
        if (hideFor < shortest || hideFor > LongestHiding || hideFor.Ticks % TimeSpan.TicksPerSecond != 0)
            throw new ArgumentException(
                $"A message is hidden for whole seconds, {shortest.TotalSeconds} to {LongestHiding.TotalSeconds:N0}, not {hideFor}.", nameof(hideFor));
    }

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex Name();
}
