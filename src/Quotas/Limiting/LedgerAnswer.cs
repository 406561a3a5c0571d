using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <param name="Result">What the ledger said.</param>
/// <param name="Sent">When the operation was first sent.</param>
/// <param name="Asked">When the attempt that was answered was sent.</param>
internal sealed record LedgerAnswer(QuotaResult Result, Instant Sent, Instant Asked);
