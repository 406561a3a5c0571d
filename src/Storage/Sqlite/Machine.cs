using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FunctionsApi.Storage.Sqlite;

/// <summary>What the processes of one machine have in common: when it was started, and how long it has run since.</summary>
/// <param name="Boot">Another one after each start of the machine; null where the system does not name them.</param>
/// <param name="Uptime">
/// Since some moment that is the same for all processes until the machine is started again; never runs backwards, and no one can set it.
/// </param>
internal sealed record Machine(string? Boot, Func<TimeSpan> Uptime)
{
    private const string BootFile = "/proc/sys/kernel/random/boot_id";
    private const int ClockBootTime = 7;

    public static Machine This { get; } = OperatingSystem.IsLinux()
        ? new(File.Exists(BootFile) ? File.ReadAllText(BootFile).Trim() : null, LinuxUptime)
        : new(null, static () => Stopwatch.GetElapsedTime(0));

    // Not Stopwatch, which stands still on Linux while the machine is suspended.
    private static TimeSpan LinuxUptime() => GetTime(ClockBootTime, out var time) == 0
        ? TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / TimeSpan.NanosecondsPerTick))
        : Stopwatch.GetElapsedTime(0);

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetTime(int clock, out Moment time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Moment
    {
        private readonly nint _seconds;
        private readonly nint _nanoseconds;

        public long Seconds => _seconds;

        public long Nanoseconds => _nanoseconds;
    }
}
