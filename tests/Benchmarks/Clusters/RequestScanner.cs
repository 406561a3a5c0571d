using System.Buffers;
using System.Globalization;
using System.Text;

namespace FunctionsApi.Benchmarks.Clusters;

/// <summary>Finds the requests in what an HTTP/1.1 client sends on one connection.</summary>
/// <param name="found">Called with the path of each.</param>
internal sealed class RequestScanner(Action<string> found)
{
    private const string ContentLength = "content-length:";
    private const string TransferEncoding = "transfer-encoding:";

    private readonly ArrayBufferWriter<byte> _head = new(2048);
    private long _bodyLeft;

    /// <exception cref="InvalidDataException">A body's length is not known beforehand.</exception>
    public void Scan(ReadOnlySpan<byte> sent)
    {
        while (!sent.IsEmpty)
        {
            var body = (int)Math.Min(_bodyLeft, sent.Length);
            _bodyLeft -= body;
            _head.Write(sent[body..]);
            var end = _head.WrittenSpan.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return;
            Read(Encoding.ASCII.GetString(_head.WrittenSpan[..end]).Split("\r\n"));
            sent = _head.WrittenSpan[(end + 4)..].ToArray();
            _head.Clear();
        }
    }

    private void Read(string[] lines)
    {
        found(lines[0].Split(' ')[1]);
        if (lines.Any(line => line.StartsWith(TransferEncoding, StringComparison.OrdinalIgnoreCase)))
            throw new InvalidDataException("A body comes in chunks, which is not counted right.");
        var length = lines.FirstOrDefault(line => line.StartsWith(ContentLength, StringComparison.OrdinalIgnoreCase));
        _bodyLeft = length is null ? 0 : long.Parse(length[ContentLength.Length..], CultureInfo.InvariantCulture);
    }
}
