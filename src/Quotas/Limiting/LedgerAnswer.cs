using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <param name="Result">What the ledger said.</param>
/// <param name="Sent">When the operation was first sent.</param>
/// <param name="Asked">When the attempt that was answered was sent.</param>
/// <param name="Uncertainty">How much later than <paramref name="Sent"/> it may really have been.</param>
internal sealed record LedgerAnswer(QuotaResult Result, Instant Sent, Instant Asked, TimeSpan Uncertainty);
