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
internal sealed partial class AlertsJson : JsonSerializerContext;
