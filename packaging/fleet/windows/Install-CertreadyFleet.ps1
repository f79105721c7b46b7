<#
.SYNOPSIS
    Installs, updates and configures certready on this Windows server from a share. Made for a computer start-up
    script of a Group Policy, and harmless to run at every start.

.DESCRIPTION
    The share's folder holds `program` (the .zip for Windows, unpacked), config.yaml and, if there are any,
    `profiles`. Nothing is done where all is as it should be. Every step is checked afterwards; the first that fails ends the
    script with a line on standard error, an entry in the Application log and exit code 1.

    Group Policy: Computer Configuration, Policies, Windows Settings, Scripts, Startup, PowerShell Scripts.
    The computer accounts need read access to the share, and nobody but administrators may write there: what lies
    there is run by every server.

.PARAMETER Source
    The share's folder, such as \\files.example.org\certready$

.PARAMETER Destination
    Where the program is installed.

.PARAMETER Uninstall
    Removes service and program. Configuration and state stay, unless -Purge says otherwise.

.EXAMPLE
    .\Install-CertreadyFleet.ps1 -Source \\files.example.org\certready$
#>
[CmdletBinding()]
param(
    [Parameter(ParameterSetName = 'Install', Mandatory)]
    [ValidateNotNullOrEmpty()]
    [string] $Source,

    [Parameter(ParameterSetName = 'Uninstall', Mandatory)]
    [switch] $Uninstall,

    [Parameter(ParameterSetName = 'Uninstall')]
    [switch] $Purge,

    [string] $Destination = (Join-Path $env:ProgramFiles 'certready')
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$serviceName = 'certready'
$data = Join-Path $env:ProgramData 'certready'
$program = Join-Path $Destination 'certready.exe'

function Test-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = [Security.Principal.WindowsPrincipal]::new($identity)
    $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Invoke-Certready {
    param([Parameter(Mandatory)][string] $Path, [Parameter(Mandatory)][string[]] $Arguments)
    # What a program says on standard error is no error of PowerShell's; its exit code decides.
    $ErrorActionPreference = 'Continue'
    $output = & $Path @Arguments 2>&1 | ForEach-Object { "$_" }
    if ($LASTEXITCODE -ne 0) {
        throw "certready $($Arguments -join ' ') ended with $LASTEXITCODE`: $($output -join ' ')"
    }
    $output
}

function Test-SameFile {
    param([Parameter(Mandatory)][string] $One, [Parameter(Mandatory)][string] $Other)
    if (-not (Test-Path -LiteralPath $One) -or -not (Test-Path -LiteralPath $Other)) { return $false }
    (Get-FileHash -LiteralPath $One -Algorithm SHA256).Hash -eq
        (Get-FileHash -LiteralPath $Other -Algorithm SHA256).Hash
}

# Copies what differs, folders and all.
function Copy-Changed {
    param([Parameter(Mandatory)][string] $From, [Parameter(Mandatory)][string] $To)
    $root = (Resolve-Path -LiteralPath $From).ProviderPath.TrimEnd('\')
    foreach ($file in Get-ChildItem -LiteralPath $From -File -Recurse) {
        $target = Join-Path $To $file.FullName.Substring($root.Length + 1)
        if (Test-SameFile $file.FullName $target) { continue }
        New-Item -ItemType Directory -Force -Path (Split-Path $target) | Out-Null
        Copy-Item -LiteralPath $file.FullName -Destination $target -Force
        if (-not (Test-SameFile $file.FullName $target)) { throw "$target was not copied whole" }
    }
}

function Stop-CertreadyService {
    $service = Get-Service -Name $serviceName -ErrorAction SilentlyContinue
    if ($null -eq $service -or $service.Status -eq 'Stopped') { return }
    Stop-Service -Name $serviceName
    $service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds(30))
}

function Install-Certready {
    $files = Join-Path $Source 'program'
    $offered = Join-Path $files 'certready.exe'
    $config = Join-Path $Source 'config.yaml'
    $profiles = Join-Path $Source 'profiles'
    $present = Join-Path $data 'config.yaml'

    if (-not (Test-Path -LiteralPath $offered)) {
        throw "$offered is not there, or this computer's account may not read it"
    }
    New-Item -ItemType Directory -Force -Path $Destination, $data | Out-Null
    if (-not (Test-SameFile $offered $program)) { Stop-CertreadyService }
    Copy-Changed $files $Destination
    if (Test-Path -LiteralPath $profiles) { Copy-Changed $profiles (Join-Path $data 'profiles') }
    if ((Test-Path -LiteralPath $config) -and -not (Test-SameFile $config $present)) {
        # A broken one must not replace one that works. The running agent sees the new file by itself.
        Invoke-Certready $program @('config', 'check', '--config', $config) | Out-Null
        Copy-Item -LiteralPath $config -Destination $present -Force
    }
    $arguments = @('service', 'install')
    if (Test-Path -LiteralPath $present) { $arguments += @('--config', $present) }
    Invoke-Certready $program $arguments | Write-Verbose
    if ((Get-Service -Name $serviceName).Status -ne 'Running') {
        Invoke-Certready $program @('service', 'start') | Write-Verbose
    }
    (Get-Service -Name $serviceName).WaitForStatus('Running', [TimeSpan]::FromSeconds(60))
}

function Uninstall-Certready {
    if (Test-Path -LiteralPath $program) {
        Invoke-Certready $program @('service', 'uninstall') | Write-Verbose
    }
    if (Get-Service -Name $serviceName -ErrorAction SilentlyContinue) {
        throw "the service $serviceName is still there"
    }
    if (Test-Path -LiteralPath $Destination) { Remove-Item -LiteralPath $Destination -Recurse -Force }
    if ($Purge -and (Test-Path -LiteralPath $data)) { Remove-Item -LiteralPath $data -Recurse -Force }
}

try {
    if (-not (Test-Administrator)) { throw 'this needs an administrator, or a computer start-up script' }
    if ($Uninstall) { Uninstall-Certready } else { Install-Certready }
}
catch {
    $line = "certready: $($_.Exception.Message)"
    [Console]::Error.WriteLine($line)
    & "$env:SystemRoot\System32\eventcreate.exe" /T ERROR /ID 1 /L APPLICATION /SO certready-install /D $line | Out-Null
    exit 1
}
exit 0
