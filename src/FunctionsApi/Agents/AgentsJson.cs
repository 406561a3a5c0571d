using System.Text.Json;
using System.Text.Json.Serialization;
using FunctionsApi.Agents.Analytics;
using FunctionsApi.Agents.Ingestion;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Agents.Knowledge.Search;
using FunctionsApi.Agents.Knowledge.Synthesis;
using FunctionsApi.Api;

namespace FunctionsApi.Agents;

/// <summary>How the agents API's answers are written as JSON.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(CrawlJob))]
[JsonSerializable(typeof(CrawlList))]
[JsonSerializable(typeof(IReadOnlyList<CrawlReason>))]
[JsonSerializable(typeof(DocumentList))]
[JsonSerializable(typeof(DocumentAnswer))]
[JsonSerializable(typeof(DeletedDocuments))]
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(SynthesisAnswer))]
[JsonSerializable(typeof(AnswerDelta))]
[JsonSerializable(typeof(RecordedEvents))]
[JsonSerializable(typeof(EventSummary))]
internal sealed partial class AgentsJson : JsonSerializerContext;
