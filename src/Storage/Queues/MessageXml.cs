using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace FunctionsApi.Storage.Queues;

/// <summary>A message as the service writes it.</summary>
internal static class MessageXml
{
    public const string Type = "application/xml";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Write(byte[] text) =>
        Encoding.UTF8.GetBytes($"<QueueMessage><MessageText>{Convert.ToBase64String(text)}</MessageText></QueueMessage>");

    /// <returns>The first message of a list; null where it is empty.</returns>
    public static QueueMessage? Read(Stream xml)
    {
        var list = XDocument.Load(xml).Element("QueueMessagesList") ?? throw new InvalidDataException("There is no list of messages.");
        return list.Element("QueueMessage") is { } message
            ? new(
                Text(message, "MessageId"),
                Decode(Text(message, "MessageText")),
                int.Parse(Text(message, "DequeueCount"), CultureInfo.InvariantCulture),
                Text(message, "PopReceipt"))
            : null;
    }

    private static string Text(XElement message, string name) =>
        message.Element(name)?.Value ?? throw new InvalidDataException($"A message has no {name}.");

    // What somebody else has sent may be anything; whoever receives it has to refuse it, and cannot refuse what it does not get.
    private static string Decode(string text)
    {
        try
        {
            return Strict.GetString(Convert.FromBase64String(text));
        }
        catch (Exception exception) when (exception is FormatException or DecoderFallbackException)
        {
            return text;
        }
    }
}
