namespace FunctionsApi.Tenants;

/// <summary>What the company sells; a tenant has one subscription for each.</summary>
internal enum Api
{
    Inference,
    Agents,
}
