namespace FunctionsApi.EndToEnd.Tests.WrongInput;

/// <summary>Requests that are wrong in one way each. A character stands for a byte.</summary>
internal static class WrongRequests
{
    private const string Valid = """{"deployment_id":"echo","inputs":{}}""";

    public static IReadOnlyDictionary<string, Func<string, string>> All { get; } = new Dictionary<string, Func<string, string>>
    {
        ["bytes above ASCII in the key"] = _ => Infer("fa_\xff\xfe\x80\xc3\x28aaaaaaaaaaaaaaaaaaaaaaaa"),
        ["a key with a zero in it"] = key => Infer(key[..10] + "\0" + key[10..]),
        ["a key with a tab in it"] = key => Infer(key[..10] + "\t" + key[10..]),
        ["an empty key"] = _ => Infer(""),
        ["an endless key"] = _ => Infer("fa_" + new string('a', 20_000)),
        ["two keys"] = key => Infer($"{key}\r\nAuthorization: Bearer {key}"),
        ["a key that is almost a JWT"] = _ => Infer("eyJhbGciOiJub25lIn0.e30."),
        ["a header of 100 KB"] = key => Infer(key, header: $"X-Long: {new string('a', 100_000)}"),
        ["1,000 headers"] = key => Infer(key, header: string.Join("\r\n", Enumerable.Range(0, 1000).Select(n => $"X-{n}: n"))),
        ["a header without a colon"] = key => Infer(key, header: "Nonsense"),
        ["a header with a space in its name"] = key => Infer(key, header: "No sense: yes"),
        ["a header that is folded"] = key => Infer(key, header: "X-Folded: a\r\n b"),
        ["no Host"] = key => Infer(key).Replace("Host: localhost\r\n", "", StringComparison.Ordinal),
        ["two Hosts"] = key => Infer(key, header: "Host: elsewhere"),
        ["HTTP/1.0 without a Host or a length"] = key => $"POST /infer HTTP/1.0\r\nAuthorization: Bearer {key}\r\n\r\n",
        ["no HTTP"] = _ => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + new string('\x7f', 512),
        ["an unknown method"] = key => Infer(key).Replace("POST", "BREW", StringComparison.Ordinal),
        ["the wrong method"] = key => Infer(key).Replace("POST", "DELETE", StringComparison.Ordinal),
        ["TRACE"] = key => Infer(key).Replace("POST", "TRACE", StringComparison.Ordinal),
        ["CONNECT"] = key => Infer(key).Replace("POST /infer", "CONNECT localhost:80", StringComparison.Ordinal),
        ["a path of 100 KB"] = key => Get(key, "/infer/" + new string('a', 100_000)),
        ["a path that is badly escaped"] = key => Get(key, "/api/v1/%zz%00%ff"),
        ["a path that climbs"] = key => Get(key, "/api/v1/../../../../etc/passwd"),
        ["a job that is no id"] = key => Get(key, "/api/v1/ingestion/crawl/%2e%2e%2f"),
        ["a query for nothing"] = key => Get(key, "/api/v1/knowledge/search?q="),
        ["a giant number"] = key => Get(key, "/api/v1/knowledge/search?q=a&limit=99999999999999999999"),
        ["a negative number"] = key => Get(key, "/api/v1/knowledge/search?q=a&limit=-1"),
        ["a period of years"] = key => Get(key, "/api/v1/usage?by=hour&from=0001-01-01&to=9999-12-31"),
        ["a length that is no number"] = key => Infer(key, body: Valid, length: "many"),
        ["a negative length"] = key => Infer(key, body: Valid, length: "-1"),
        ["a giant length"] = key => Infer(key, body: Valid, length: "99999999999999999999"),
        ["2 GB to come"] = key => Infer(key, body: Valid, length: "2147483648"),
        ["two lengths"] = key => Infer(key, body: Valid, header: "Content-Length: 1"),
        ["a body that ends early"] = key => Infer(key, body: Valid, length: "1000") + RawConnection.Fin,
        ["a chunked body that ends early"] = key => Chunked(key, "5\r\n{\"dep\r\n") + RawConnection.Fin,
        ["a chunked body that is too long"] = key => Chunked(key, $"{5_000_000:x}\r\n{new string(' ', 5_000_000)}\r\n0\r\n\r\n"),
        ["a chunk of no size"] = key => Chunked(key, "size\r\n{}\r\n0\r\n\r\n"),
        ["a chunk of a giant size"] = key => Chunked(key, "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        ["no body"] = key => Infer(key, body: ""),
        ["a body that is no JSON"] = key => Infer(key, body: "deployment_id=echo"),
        ["a body that is half of JSON"] = key => Infer(key, body: Valid[..^1]),
        ["a body that is no UTF-8"] = key => Infer(key, body: "{\"deployment_id\":\"echo\",\"inputs\":{\"a\":\"\xff\xfe\"}}"),
        ["half of a surrogate pair"] = key => Infer(key, body: """{"deployment_id":"\ud800","inputs":{}}"""),
        ["deeply nested JSON"] = key => Infer(key, body: new string('[', 100_000)),
        ["deeply nested inputs"] = key => Infer(key, body: $$"""{"deployment_id":"echo","inputs":{{Nested(10_000)}}}"""),
        ["an unknown deployment"] = key => Infer(key, body: """{"deployment_id":"nobody's","inputs":{}}"""),
        ["inputs of the wrong type"] = key => Infer(key, body: """{"deployment_id":"echo","inputs":[]}"""),
        ["a number beyond all numbers"] = key => Infer(key, body: """{"deployment_id":1e999999999,"inputs":{}}"""),
        ["a body of another type"] = key => Infer(key, body: Valid, header: "Content-Encoding: gzip"),
        ["a crawl of no address"] = key => Post(key, "/api/v1/ingestion/crawl", """{"url":"not an address"}"""),
        ["a crawl of this machine"] = key => Post(key, "/api/v1/ingestion/crawl", """{"url":"http://127.0.0.1/"}"""),
        ["a crawl of fewer than no pages"] = key => Post(key, "/api/v1/ingestion/crawl", """{"url":"https://example.com","maxPages":-1}"""),
        ["a question that is null"] = key => Post(key, "/api/v1/knowledge/synthesize", """{"question":null}"""),
        ["events that are none"] = key => Post(key, "/api/v1/analytics/events", """{"events":[1,null,"x"]}"""),
        ["events from deep down"] = key => Post(key, "/api/v1/analytics/events", Nested(10_000)),
    };

    private static string Infer(string key, string body = Valid, string? length = null, string? header = null) =>
        Post(key, "/infer", body, length, header);

    private static string Post(string key, string path, string body, string? length = null, string? header = null) =>
        $"POST {path} HTTP/1.1\r\n{Headers(key, header)}Content-Type: application/json\r\n"
        + $"Content-Length: {length ?? $"{body.Length}"}\r\n\r\n{body}";

    private static string Chunked(string key, string chunks) =>
        $"POST /infer HTTP/1.1\r\n{Headers(key)}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}";

    private static string Get(string key, string path) => $"GET {path} HTTP/1.1\r\n{Headers(key)}\r\n";

    private static string Headers(string key, string? header = null) =>
        $"Host: localhost\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n{(header is null ? "" : $"{header}\r\n")}";

    private static string Nested(int depth) =>
        string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
}
