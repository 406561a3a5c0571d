using FunctionsApi.Telemetry;

namespace FunctionsApi.Auth;

/// <summary>Authentication's parts.</summary>
internal static class AuthSetup
{
    private const int MaxJwksBytes = 256 * 1024;
    private static readonly TimeSpan JwksTimeout = TimeSpan.FromSeconds(5);

    /// <param name="services">Where to.</param>
    /// <param name="supabase">Whose JWTs are believed; null refuses all.</param>
    public static IServiceCollection AddAuth(this IServiceCollection services, SupabaseSettings? supabase)
    {
        if (supabase is not null)
            services.AddSingleton(provider => new JwtVerifier(supabase, Jwks(provider, supabase.JwksUri), provider.GetRequiredService<TimeProvider>()));
        return services
            .AddSingleton<KeyTable>()
            .AddSingleton<KeyRevision>()
            .AddSingleton<KeyVerifier>()
            .AddSingleton<GuessLimiter>()
            .AddSingleton(provider => new Authenticator(
                provider.GetRequiredService<KeyVerifier>(),
                provider.GetService<JwtVerifier>(),
                provider.GetRequiredService<GuessLimiter>(),
                provider.GetRequiredService<TimeProvider>()));
    }

    private static JwksKeys? Jwks(IServiceProvider provider, Uri? address) => address is null ? null : new(
        address,
        // A redirect would let whoever controls it choose the keys.
        new(new SocketsHttpHandler { ActivityHeadersPropagator = TraceContext.None, AllowAutoRedirect = false }) { Timeout = JwksTimeout, MaxResponseContentBufferSize = MaxJwksBytes },
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILogger<JwksKeys>>());
}
