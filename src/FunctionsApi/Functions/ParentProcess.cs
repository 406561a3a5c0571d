using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FunctionsApi.Functions;

/// <summary>The process that started this one.</summary>
internal static partial class ParentProcess
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Waits until it is gone.</summary>
    public static Task WaitForExitAsync(TimeProvider time, CancellationToken cancellationToken) => OperatingSystem.IsWindows()
        ? WaitForHandleAsync(cancellationToken)
        : WaitForAdoptionAsync(time, cancellationToken);

    // Another process adopts an orphan, so that its parent's id changes. Linux can send a signal instead (PR_SET_PDEATHSIG), but
    // does so already when the thread ends that started us, which in a .NET program may be any thread of its pool.
    private static async Task WaitForAdoptionAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var parent = GetParentId();
        using var timer = new PeriodicTimer(Interval, time);
        while (GetParentId() == parent)
            await timer.WaitForNextTickAsync(cancellationToken);
    }

    private static async Task WaitForHandleAsync(CancellationToken cancellationToken)
    {
        try
        {
            var parentId = GetParentIdOnWindows();
            using var parent = Process.GetProcessById(parentId);
            await parent.WaitForExitAsync(cancellationToken);
        }
        catch (ArgumentException)
        {
            // It is gone already.
        }
    }

    private static int GetParentIdOnWindows()
    {
        using var self = Process.GetCurrentProcess();
        var status = QueryProcess(self.Handle, 0, out var information, Marshal.SizeOf<BasicInformation>(), out _);
        return status == 0
            ? (int)information.ParentId
            : throw new InvalidOperationException($"The parent process cannot be asked for: NTSTATUS 0x{status:x8}.");
    }

    [DllImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetParentId();

    [DllImport("ntdll", EntryPoint = "NtQueryInformationProcess")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int QueryProcess(nint process, int kind, out BasicInformation information, int size, out int written);

    /// <summary>PROCESS_BASIC_INFORMATION of winternl.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct BasicInformation
    {
        private readonly nint _exitStatus;
        private readonly nint _environmentBlock;
        private readonly nint _affinity;
        private readonly nint _priority;
        private readonly nint _id;

        public readonly nint ParentId;
    }
}
