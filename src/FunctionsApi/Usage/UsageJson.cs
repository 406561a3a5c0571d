using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using FunctionsApi.Api;

namespace FunctionsApi.Usage;

/// <summary>How usage is written as JSON.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(UsageReport))]
[JsonSerializable(typeof(ImmutableSortedDictionary<string, long>))]
internal sealed partial class UsageJson : JsonSerializerContext;
