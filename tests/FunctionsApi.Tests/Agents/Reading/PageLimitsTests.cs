using System.IO.Compression;
using System.Text;
using FunctionsApi.Agents.Ingestion.Reading;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

/// <summary>How large a page may be, packed and unpacked, and how long it may take.</summary>
public sealed class PageLimitsTests : ReadingTests
{
    /// <summary>A PDF whose only page is that long, and next to nothing packed.</summary>
    private static byte[] PackedPdf(int megabytes)
    {
        var content = Packed(Enumerable.Repeat((byte)' ', megabytes * 1_000_000).ToArray(), "deflate");
        var pdf = new MemoryStream();
        var offsets = new List<long>();
        Write("%PDF-1.4\n");
        Object("<< /Type /Catalog /Pages 2 0 R >>");
        Object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
        Object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << >> >>");
        Object($"<< /Length {content.Length} /Filter /FlateDecode >>\nstream\n", content, "\nendstream");
        var start = pdf.Length;
        Write($"xref\n0 {offsets.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
            Write($"{offset:d10} 00000 n \n");
        Write($"trailer\n<< /Size {offsets.Count + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF");
        return pdf.ToArray();

        void Write(string text) => pdf.Write(Encoding.ASCII.GetBytes(text));

        void Object(string head, byte[]? body = null, string tail = "")
        {
            offsets.Add(pdf.Length);
            Write($"{offsets.Count} 0 obj\n{head}");
            pdf.Write(body ?? []);
            Write($"{tail}\nendobj\n");
        }
    }

    [Fact]
    public async Task A_PDF_that_unpacks_to_more_than_its_limit_is_refused()
    {
        await using var site = await SiteAsync("application/pdf", PackedPdf(megabytes: 200));

        (await FailsAsync(site)).ShouldBe("It unpacks to more than 33,554,432 bytes.");
    }

    [Fact]
    public async Task A_page_without_end_is_left_at_the_limit()
    {
        await using var site = await TestSite.StartAsync(async http =>
        {
            http.Response.ContentType = "text/plain";
            while (!http.RequestAborted.IsCancellationRequested)
                await http.Response.Body.WriteAsync(new byte[64 * 1024], http.RequestAborted);
        });

        (await FailsAsync(site)).ShouldBe("It is longer than 2,097,152 bytes.");
    }

    [Fact]
    public async Task A_page_that_says_it_has_100_MB_is_not_begun()
    {
        var sent = 0L;
        await using var site = await TestSite.StartAsync(async http =>
        {
            http.Response.ContentType = "text/html";
            if (http.Request.Path == "/robots.txt")
                return;
            http.Response.ContentLength = 100_000_000;
            await http.Response.StartAsync(Cancel);
            while (sent < 100_000_000)
            {
                await http.Response.Body.WriteAsync(new byte[100_000], http.RequestAborted);
                sent += 100_000;
            }
        });

        (await FailsAsync(site)).ShouldBe("It is longer than 2,097,152 bytes.");
        sent.ShouldBeLessThan(100_000_000);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task What_unpacks_to_more_than_its_limit_is_refused(string encoding)
    {
        var packed = Packed(new byte[8_000_000], encoding);
        packed.Length.ShouldBeLessThan(100_000);
        await using var site = await TestSite.StartAsync(http =>
        {
            http.Response.ContentType = "text/html";
            http.Response.Headers.ContentEncoding = encoding;
            return http.Response.Body.WriteAsync(packed).AsTask();
        });

        (await FailsAsync(site)).ShouldBe("It is longer than 2,097,152 bytes.");
    }

    [Fact]
    public async Task A_page_that_never_comes_is_given_up()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = await TestSite.StartAsync(async http =>
        {
            if (http.Request.Path == "/robots.txt")
                return;
            asked.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(http.RequestAborted);
        });

        var failing = FailsAsync(site);
        await asked.Task.WaitAsync(Cancel);
        _time.Advance(SiteClient.MaxTime);

        (await failing).ShouldBe("It took longer than 15 seconds.");
    }

    [Fact]
    public async Task A_page_that_comes_drop_by_drop_is_given_up_at_the_same_time()
    {
        var dropped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var site = await TestSite.StartAsync(async http =>
        {
            http.Response.ContentType = "text/html";
            if (http.Request.Path == "/robots.txt")
                return;
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync("<"u8.ToArray(), http.RequestAborted);
                _time.Advance(TimeSpan.FromSeconds(1));
                dropped.TrySetResult();
            }
        });

        (await FailsAsync(site)).ShouldBe("It took longer than 15 seconds.");
    }

    private static byte[] Packed(byte[] bytes, string encoding)
    {
        var packed = new MemoryStream();
        using (Stream packing = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest),
            "br" => new BrotliStream(packed, CompressionLevel.Fastest),
            _ => new ZLibStream(packed, CompressionLevel.Fastest),
        })
            packing.Write(bytes);
        return packed.ToArray();
    }
}
