using System.Text.Json.Serialization;

namespace FunctionsApi.Ledgers;

/// <summary>What is JSON in a task hub.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class HubJson : JsonSerializerContext;
