# A cable with a length and a fault: passes frames between two interfaces, each after DELAY ms, LOSS % of them
# never. What tc's netem does where the kernel has it. Frames keep their offload header (PACKET_VNET_HDR), so
# that unfinished checksums and large segments come out as they went in.
#
#     perl cable.pl INTERFACE INTERFACE DELAY LOSS

use strict;
use warnings;
use Socket;
use Time::HiRes 'time';

use constant {
    PF_PACKET      => 17,
    ETH_P_ALL      => 0x0300,    # network byte order
    SOL_PACKET     => 263,
    PACKET_VNET    => 15,
    PACKET_OUTGOING => 4,
    SIOCGIFINDEX   => 0x8933,
};

my ($first, $second, $delay, $loss) = @ARGV;

sub interface {
    my ($name) = @_;
    socket(my $socket, PF_PACKET, SOCK_RAW, 0) or die "socket: $!";
    my $request = pack 'a16 x24', $name;
    ioctl($socket, SIOCGIFINDEX, $request) or die "$name: $!";
    my $index = unpack 'x16 i', $request;
    setsockopt($socket, SOL_PACKET, PACKET_VNET, pack('i', 1)) or die "vnet header: $!";
    setsockopt($socket, SOL_SOCKET, SO_RCVBUF, pack('i', 8 << 20));
    bind($socket, pack('S S i S C C a8', PF_PACKET, ETH_P_ALL, $index, 0, 0, 0, '')) or die "bind $name: $!";
    return $socket;
}

my @ends = (interface($first), interface($second));
my @queue;    # [when, where to, frame], in the order of their times
while (1) {
    my $bits = '';
    vec($bits, fileno $_, 1) = 1 for @ends;
    my $wait = @queue ? $queue[0][0] - time : undef;
    select($bits, undef, undef, defined $wait && $wait < 0 ? 0 : $wait);
    for my $end (0, 1) {
        next unless vec($bits, fileno $ends[$end], 1);
        my $sender = recv($ends[$end], my $frame, 1 << 17, 0);
        next if !defined $sender || unpack('x10 C', $sender) == PACKET_OUTGOING;
        next if rand(100) < $loss;
        push @queue, [time + $delay / 1000, $ends[1 - $end], $frame];
    }
    while (@queue && $queue[0][0] <= time) {
        my $due = shift @queue;
        send $due->[1], $due->[2], 0;
    }
}
