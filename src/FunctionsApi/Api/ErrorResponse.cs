using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>Writes an error in the shape of its API, or as RFC 9457 problem details where the client prefers them.</summary>
internal static class ErrorResponse
{
    private const string ProblemJson = "application/problem+json";

    // The body is JSON and never HTML, so quotes and brackets need not be escaped beyond what JSON asks.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether another answer is on its way, or waits to be sent; the connection must then end, lest it look whole.</summary>
    public static bool ComesTooLate(HttpContext http) => http.Response.HasStarted || http.Response.ContentLength is not null;

    /// <param name="http">Whose response has not started.</param>
    /// <param name="api">Whose shape; null, outside both APIs, takes that of agents.</param>
    /// <param name="error">What to say.</param>
    public static void Write(HttpContext http, ApiKind? api, in ApiError error)
    {
        var response = http.Response;
        var problem = Accept.Names(http.Request.Headers.Accept, ProblemJson);
        var body = BodyOf(api, problem, error);
        response.StatusCode = error.Status;
        if (error.RetryAfterSeconds > 0)
            response.Headers.RetryAfter = error.RetryAfterSeconds.ToString();
        response.ContentType = problem ? ProblemJson : "application/json";
        response.ContentLength = body.Length;
        response.BodyWriter.Write(body);
    }

    /// <summary>An error in the shape of agents, for an answer that has begun.</summary>
    public static ReadOnlySpan<byte> AgentsBody(in ApiError error) => BodyOf(ApiKind.Agents, problem: false, error);

    private static ReadOnlySpan<byte> BodyOf(ApiKind? api, bool problem, in ApiError error)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(body, Readable);
        json.WriteStartObject();
        if (problem)
            WriteProblem(json, error);
        else if (api == ApiKind.Inference)
            WriteInference(json, error);
        else
            WriteAgents(json, error);
        json.WriteEndObject();
        json.Flush();
        return body.WrittenSpan;
    }

    private static void WriteInference(Utf8JsonWriter json, in ApiError error)
    {
        json.WriteBoolean("valid", false);
        json.WriteString("error", error.Message);
        if (error.Status != 429)
            return;
        json.WriteNumber("limit", error.Limit);
        json.WriteNumber("retry_after_seconds", error.RetryAfterSeconds);
    }

    private static void WriteAgents(Utf8JsonWriter json, in ApiError error)
    {
        json.WriteString("error", error.Code);
        json.WriteString("message", Sentence(error));
        if (error.Status == 429)
            json.WriteNumber("retryAfter", error.RetryAfterSeconds);
        json.WriteNumber("statusCode", error.Status);
    }

    private static void WriteProblem(Utf8JsonWriter json, in ApiError error)
    {
        var type = ProblemTypes.Of(error);
        json.WriteString("type", type ?? "about:blank");
        json.WriteString("title", ProblemTypes.Title(error));
        json.WriteNumber("status", error.Status);
        json.WriteString("detail", Sentence(error));
        json.WriteString("code", error.Code);
        if (type is null)
            return;
        json.WriteStartArray("violated-policies");
        if (error.ViolatedPolicy is not null)
            json.WriteStringValue(error.ViolatedPolicy);
        json.WriteEndArray();
    }

    private static string Sentence(in ApiError error) => error.Status == 429
        ? $"{error.Message}. Retry after {error.RetryAfterSeconds} seconds."
        : error.Message;
}
