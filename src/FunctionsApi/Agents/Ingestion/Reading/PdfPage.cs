using System.IO.Compression;
using UglyToad.PdfPig;
using UglyToad.PdfPig.DocumentLayoutAnalysis.TextExtractor;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace FunctionsApi.Agents.Ingestion.Reading;

/// <summary>Reads a PDF, as far as its limits of pages, time and unpacked bytes go.</summary>
internal static class PdfPage
{
    public const int MaxBytes = 10 * 1024 * 1024;

    private const int MaxPages = 300, MaxTextLength = 1024 * 1024;

    /// <exception cref="PageException">It is no PDF, or one that is locked or broken.</exception>
    public static Page Read(byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            using var pdf = PdfDocument.Open(bytes, new ParsingOptions { UseLenientParsing = true, SkipMissingFonts = true, FilterProvider = new BoundedFilters() });
            var text = new System.Text.StringBuilder();
            for (var number = 1; number <= Math.Min(pdf.NumberOfPages, MaxPages) && text.Length < MaxTextLength; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                text.Append(ContentOrderTextExtractor.GetText(pdf.GetPage(number))).Append('\n');
            }

            return new(PlainText.Tidy(pdf.Information.Title ?? "").ReplaceLineEndings(" "), PlainText.Tidy(text.ToString()));
        }
        // The library throws what it likes at what it did not expect.
        catch (Exception exception) when (exception is not (OperationCanceledException or PageException))
        {
            throw new PageException("It is no PDF that can be read.");
        }
    }

    /// <summary>
    /// What PDFs are packed with, but for pictures. A stream that unpacks to more than its limit is refused before the library, which
    /// has no limit, unpacks it.
    /// </summary>
    private sealed class BoundedFilters() : BaseFilterProvider(new Dictionary<string, IFilter>
    {
        ["FlateDecode"] = Flate,
        ["Fl"] = Flate,
        ["LZWDecode"] = Lzw,
        ["LZW"] = Lzw,
        ["RunLengthDecode"] = RunLength,
        ["RL"] = RunLength,
        ["ASCII85Decode"] = Ascii85,
        ["A85"] = Ascii85,
        ["ASCIIHexDecode"] = AsciiHex,
        ["AHx"] = AsciiHex,
        ["CCITTFaxDecode"] = new CcittFaxDecodeFilter(),
        ["DCTDecode"] = new DctDecodeFilter(),
        ["DCT"] = new DctDecodeFilter(),
        ["JBIG2Decode"] = new Jbig2DecodeFilter(),
        ["JPXDecode"] = new JpxDecodeFilter(),
    })
    {
        private const int MaxUnpacked = 32 * 1024 * 1024;

        private static readonly IFilter Flate = new Bounded(new FlateFilter(), Unpacked);

        // One code of 12 bits stands for 4 KiB at most, one pair of bytes for 128.
        private static readonly IFilter Lzw = new Bounded(new LzwFilter(), input => input.Length > 512 * 1024 ? long.MaxValue : 0);
        private static readonly IFilter RunLength = new Bounded(new RunLengthFilter(), input => input.Length * 64L);
        private static readonly IFilter Ascii85 = new Ascii85Filter();
        private static readonly IFilter AsciiHex = new AsciiHexDecodeFilter();

        private static long Unpacked(Memory<byte> input)
        {
            using var stream = new ZLibStream(new MemoryStream(input.ToArray()), CompressionMode.Decompress);
            var (buffer, count) = (new byte[64 * 1024], 0L);
            try
            {
                while (count <= MaxUnpacked && stream.Read(buffer) is > 0 and var read)
                    count += read;
            }
            catch (InvalidDataException)
            {
                // Many PDFs have streams with a wrong end, which the library reads as far as they go.
            }

            return count;
        }

        private sealed class Bounded(IFilter inner, Func<Memory<byte>, long> unpacked) : IFilter
        {
            public bool IsSupported => inner.IsSupported;

            public Memory<byte> Decode(Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex) =>
                unpacked(input) <= MaxUnpacked
                    ? inner.Decode(input, streamDictionary, filterProvider, filterIndex)
                    : throw new PageException($"It unpacks to more than {MaxUnpacked:N0} bytes.");
        }
    }
}
