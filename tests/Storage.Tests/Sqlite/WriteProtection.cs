using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>Makes files and directories read-only for everybody until disposed.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class WriteProtection : IDisposable
{
    public const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    public const UnixFileMode WritableByAll = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private const UnixFileMode SearchableByAll =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly (string Path, UnixFileMode Mode)[] _before;

    public WriteProtection(params string[] paths)
    {
        _before = [.. paths.Select(path => (path, File.GetUnixFileMode(path)))];
        foreach (var path in paths)
            File.SetUnixFileMode(path, Directory.Exists(path) ? ReadableByAll | SearchableByAll : ReadableByAll);
    }

    /// <summary>Runs with the file permissions of nobody in particular where this is root, who may write everywhere.</summary>
    public static T AsOrdinaryUser<T>(Func<T> action)
    {
        var result = default(T)!;
        Exception? failure = null;
        // The kernel keeps this user for each thread; this one ends with it.
        var thread = new Thread(() =>
        {
            if (Environment.IsPrivilegedProcess)
                _ = SetFileSystemUser(65534);
            try
            {
                result = action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw failure;
    }

    public void Dispose()
    {
        foreach (var (path, mode) in _before)
            File.SetUnixFileMode(path, mode);
    }

    [DllImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetFileSystemUser(uint user);
}
