<#
.SYNOPSIS
Installs certready as a Windows service, updates it, or removes it.

.DESCRIPTION
Copies what lies beside this script to Program Files; all else is done by the program: "certready.exe service
install" and "service start" ask Windows after every step whether it is so, and undo what was done where it is
not. What is installed already is updated; configuration and state are kept. No questions are asked, so that
deployment tools can run it.

.PARAMETER Name
Name of the service; several can stand side by side with a configuration each.

.PARAMETER Destination
The folder that the program goes to.

.PARAMETER Config
The configuration file; without it %ProgramData%\certready\config.yaml, which is made if it is not there.

.PARAMETER NoStart
Registers the service without starting it.

.PARAMETER Uninstall
Stops and removes the service and the program. Configuration and state stay.

.PARAMETER Purge
With -Uninstall: removes %ProgramData%\certready too.

.EXAMPLE
powershell -ExecutionPolicy Bypass -File install.ps1

.EXAMPLE
powershell -ExecutionPolicy Bypass -File install.ps1 -Uninstall
#>
[CmdletBinding()]
param(
    [string] $Name = 'certready',
    [string] $Destination = (Join-Path $env:ProgramFiles 'certready'),
    [string] $Config = '',
    [switch] $NoStart,
    [switch] $Uninstall,
    [switch] $Purge
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$source = Split-Path -Parent $MyInvocation.MyCommand.Path
$Destination = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Destination)
$data = Join-Path $env:ProgramData 'certready'
$installed = Join-Path $Destination 'certready.exe'
$files = 'certready.exe', 'koffi.node', 'install.ps1', 'README.txt', 'LICENSES.txt', 'CHANGELOG.md'

function Assert-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal($identity)
    if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw 'this account is no administrator; start PowerShell with "Run as administrator"'
    }
}

function Invoke-Certready {
    param([string] $Program, [string[]] $Arguments)
    # What it says on standard error is no error of PowerShell's: its exit status decides.
    $ErrorActionPreference = 'Continue'
    & $Program @Arguments 2>&1 | ForEach-Object { Write-Host "$_" }
    if ($LASTEXITCODE -ne 0) { throw "certready $($Arguments -join ' ') ended with $LASTEXITCODE" }
}

# Several services may run from the same folder.
function Get-ServiceOfProgram {
    Get-CimInstance -ClassName Win32_Service | Where-Object {
        $_.PathName -and $_.PathName.IndexOf($installed, [StringComparison]::OrdinalIgnoreCase) -ge 0
    }
}

function Get-ConfigurationPath {
    if ($Config -ne '') { return (Resolve-Path -LiteralPath $Config).ProviderPath }
    $path = Join-Path $data 'config.yaml'
    if (-not (Test-Path -LiteralPath $path)) {
        New-Item -ItemType Directory -Force -Path $data | Out-Null
        Copy-Item -LiteralPath (Join-Path $source 'config.yaml') -Destination $path
    }
    return $path
}

function Copy-Program {
    if ($source -eq $Destination.TrimEnd('\')) { return }
    New-Item -ItemType Directory -Force -Path $Destination | Out-Null
    foreach ($file in $files) {
        Copy-Item -Force -LiteralPath (Join-Path $source $file) -Destination $Destination
        Unblock-File -LiteralPath (Join-Path $Destination $file)
    }
}

function Install-Certready {
    $missing = @($files | Where-Object { -not (Test-Path -LiteralPath (Join-Path $source $_)) })
    if ($missing.Count -gt 0) { throw "beside install.ps1 there is no $($missing -join ', '); unpack the whole archive" }
    $configuration = Get-ConfigurationPath
    Invoke-Certready (Join-Path $source 'certready.exe') @('config', 'check', '--config', $configuration)
    # Windows keeps the file of a program that runs from being replaced.
    $running = @(Get-ServiceOfProgram | Where-Object { $_.State -ne 'Stopped' })
    try {
        foreach ($service in $running) { Invoke-Certready $installed @('service', 'stop', '--name', $service.Name) }
        Copy-Program
        Invoke-Certready $installed @('service', 'install', '--name', $Name, '--config', $configuration)
        if (-not $NoStart) { Invoke-Certready $installed @('service', 'start', '--name', $Name) }
    }
    finally {
        # Whatever happened, what ran before runs again.
        foreach ($service in $running) {
            try { Invoke-Certready $installed @('service', 'start', '--name', $service.Name) }
            catch { [Console]::Error.WriteLine("certready: $($_.Exception.Message)") }
        }
    }
}

function Uninstall-Certready {
    if (Test-Path -LiteralPath $installed) {
        Invoke-Certready $installed @('service', 'uninstall', '--name', $Name)
    }
    if (@(Get-ServiceOfProgram).Count -gt 0) {
        Write-Host "certready: $Destination stays, other services run from it"
        return
    }
    foreach ($file in $files) {
        $path = Join-Path $Destination $file
        if (Test-Path -LiteralPath $path) { Remove-Item -Force -LiteralPath $path }
    }
    if ((Test-Path -LiteralPath $Destination) -and -not (Get-ChildItem -Force -LiteralPath $Destination)) {
        Remove-Item -LiteralPath $Destination
    }
    if ($Purge -and (Test-Path -LiteralPath $data)) { Remove-Item -Recurse -Force -LiteralPath $data }
}

try {
    Assert-Administrator
    if ($Purge -and -not $Uninstall) { throw '-Purge goes with -Uninstall' }
    if ($Uninstall) { Uninstall-Certready } else { Install-Certready }
}
catch {
    [Console]::Error.WriteLine("certready: $($_.Exception.Message)")
    exit 1
}
