using System.Text.Json;
using System.Text.Json.Serialization;
using FunctionsApi.Api;

namespace FunctionsApi.Operations;

/// <summary>How reports are written as JSON, in the store and in answers.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectRequiredConstructorParameters = true, Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(InstanceReport))]
[JsonSerializable(typeof(OperationsReport))]
internal sealed partial class OperationsJson : JsonSerializerContext;
