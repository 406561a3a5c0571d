using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FunctionsApi.Api;

namespace FunctionsApi.Alerts;

/// <summary>How alerts are written as JSON: in answers, in what webhooks say, and in the store.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(AlertsAnswer))]
[JsonSerializable(typeof(TestAnswer))]
[JsonSerializable(typeof(IReadOnlyList<RuleShape>))]
[JsonSerializable(typeof(AlertEvent<TestData>))]
[JsonSerializable(typeof(AlertEvent<RemainingLowData>))]
[JsonSerializable(typeof(AlertEvent<DigestData>))]
internal sealed partial class AlertsJson : JsonSerializerContext
{
    private static AlertsJson? _readable;

    /// <summary>For answers that people copy from: a plus sign in a secret stands as itself, and not as its code.</summary>
    public static AlertsJson Readable =>
        _readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
