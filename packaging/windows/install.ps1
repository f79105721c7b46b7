<#
.SYNOPSIS
Installs certready as a Windows service, updates it, or removes it.

.DESCRIPTION
Copies what lies beside this script to Program Files, registers the service by "certready.exe service install"
and starts it. What stands there already is updated; configuration and state are kept. After every step the
system is asked whether it is so. Needs no questions answered, so that deployment tools can run it.

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
    [ValidatePattern('^[A-Za-z][A-Za-z0-9_-]{0,63}$')]
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
$data = Join-Path $env:ProgramData 'certready'
$program = Join-Path $Destination 'certready.exe'
$files = 'certready.exe', 'koffi.node', 'install.ps1', 'README.txt', 'LICENSES.txt', 'CHANGELOG.md'

function Assert-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object Security.Principal.WindowsPrincipal($identity)
    if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw 'this account is no administrator; start PowerShell with "Run as administrator"'
    }
}

# Other services may run from the same folder: none of them may hold the files that are replaced.
function Get-ServiceOfProgram {
    Get-CimInstance -ClassName Win32_Service | Where-Object {
        $_.PathName -and $_.PathName.IndexOf($program, [StringComparison]::OrdinalIgnoreCase) -ge 0
    }
}

function Invoke-Certready {
    param([string[]] $Arguments)
    # What the program says on standard error must reach the caller and end nothing by itself.
    $before = $ErrorActionPreference
    $ErrorActionPreference = 'Continue'
    try { & $program @Arguments 2>&1 | ForEach-Object { Write-Host "$_" } }
    finally { $ErrorActionPreference = $before }
    if ($LASTEXITCODE -ne 0) {
        throw "certready $($Arguments -join ' ') ended with $LASTEXITCODE"
    }
}

function Stop-ServiceOfProgram {
    param($Services)
    foreach ($service in $Services) {
        Stop-Service -Name $service.Name -Force
        (Get-Service -Name $service.Name).WaitForStatus('Stopped', [TimeSpan]::FromSeconds(60))
    }
}

function Copy-Program {
    if ([IO.Path]::GetFullPath($source).TrimEnd('\') -eq [IO.Path]::GetFullPath($Destination).TrimEnd('\')) { return }
    New-Item -ItemType Directory -Force -Path $Destination | Out-Null
    foreach ($file in $files) {
        Copy-Item -Force -Path (Join-Path $source $file) -Destination $Destination
        Unblock-File -Path (Join-Path $Destination $file)
    }
}

function New-Configuration {
    if ($Config -ne '') {
        if (-not (Test-Path -PathType Leaf $Config)) { throw "-Config ${Config}: there is no such file" }
        return (Resolve-Path $Config).ProviderPath
    }
    $path = Join-Path $data 'config.yaml'
    if (-not (Test-Path $path)) {
        New-Item -ItemType Directory -Force -Path $data | Out-Null
        Copy-Item -Path (Join-Path $source 'config.yaml') -Destination $path
    }
    return $path
}

function Install-Certready {
    foreach ($file in $files) {
        if (-not (Test-Path -PathType Leaf (Join-Path $source $file))) {
            throw "$file is missing beside install.ps1; unpack the whole archive"
        }
    }
    $running = @(Get-ServiceOfProgram | Where-Object { $_.State -ne 'Stopped' })
    Stop-ServiceOfProgram $running
    try {
        Copy-Program
        $configuration = New-Configuration
        Invoke-Certready @('config', 'check', '--config', $configuration)
        Invoke-Certready @('service', 'install', '--name', $Name, '--config', $configuration)
        if (-not (Get-Service -Name $Name -ErrorAction SilentlyContinue)) {
            throw "Windows knows no service $Name after its installation"
        }
    }
    finally {
        # Whatever happened, what ran before runs again.
        foreach ($service in $running) {
            if ($service.Name -ne $Name) { Start-Service -Name $service.Name -ErrorAction Continue }
        }
    }
    if ($NoStart) { return }
    if ((Get-Service -Name $Name).Status -ne 'Running') {
        Invoke-Certready @('service', 'start', '--name', $Name)
    }
    (Get-Service -Name $Name).WaitForStatus('Running', [TimeSpan]::FromSeconds(60))
    Write-Host "certready: service $Name is running"
}

function Uninstall-Certready {
    if (Get-Service -Name $Name -ErrorAction SilentlyContinue) {
        Invoke-Certready @('service', 'uninstall', '--name', $Name)
        if (Get-Service -Name $Name -ErrorAction SilentlyContinue) {
            throw "Windows still knows the service ${Name}: close programs that show services, then run this again"
        }
    }
    if (@(Get-ServiceOfProgram).Count -gt 0) {
        Write-Host "certready: $Destination stays, other services run from it"
        return
    }
    foreach ($file in $files) {
        $path = Join-Path $Destination $file
        if (Test-Path $path) { Remove-Item -Force -Path $path }
    }
    if ((Test-Path $Destination) -and -not (Get-ChildItem -Force $Destination)) {
        Remove-Item -Path $Destination
    }
    if ($Purge -and (Test-Path $data)) { Remove-Item -Recurse -Force -Path $data }
    Write-Host "certready: service $Name is removed"
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
