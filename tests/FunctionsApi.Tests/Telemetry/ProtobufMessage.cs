using System.Buffers.Binary;
using System.Text;

namespace FunctionsApi.Tests.Telemetry;

/// <summary>A message of protocol buffers, read by field numbers: what a test asks for takes no schema.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<Field> _fields = [];

    public ProtobufMessage(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            _fields.Add(Read(ref bytes));
    }

    public IEnumerable<ProtobufMessage> All(int number) => Of(number).Select(field => new ProtobufMessage(field.Bytes));

    /// <summary>The messages at the end of a path of field numbers.</summary>
    public IEnumerable<ProtobufMessage> All(int first, params int[] rest) =>
        rest.Aggregate(All(first), (messages, number) => messages.SelectMany(message => message.All(number)));

    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number).Span);

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number).Span);

    public ulong Number(int number) => Of(number).FirstOrDefault()?.Number ?? 0;

    public bool Has(int number) => Of(number).Any();

    private ReadOnlyMemory<byte> Bytes(int number) => Of(number).FirstOrDefault()?.Bytes ?? default;

    private IEnumerable<Field> Of(int number) => _fields.Where(field => field.Id == number);

    private static Field Read(ref ReadOnlyMemory<byte> bytes)
    {
        var key = ReadNumber(ref bytes);
        var (id, type) = ((int)(key >> 3), key & 7);
        return type switch
        {
            0 => new(id, ReadNumber(ref bytes), default),
            1 => new(id, BinaryPrimitives.ReadUInt64LittleEndian(Take(8, ref bytes).Span), default),
            2 => new(id, 0, Take((int)ReadNumber(ref bytes), ref bytes)),
            5 => new(id, BinaryPrimitives.ReadUInt32LittleEndian(Take(4, ref bytes).Span), default),
            _ => throw new InvalidDataException($"Wire type {type}."),
        };
    }

    private static ulong ReadNumber(ref ReadOnlyMemory<byte> bytes)
    {
        ulong number = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Take(1, ref bytes).Span[0];
            number |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return number;
        }
    }

    private static ReadOnlyMemory<byte> Take(int length, ref ReadOnlyMemory<byte> bytes)
    {
        var taken = bytes[..length];
        bytes = bytes[length..];
        return taken;
    }

    private sealed record Field(int Id, ulong Number, ReadOnlyMemory<byte> Bytes);
}
